/**
 * The steps of the walk-through.
 *
 * The code of all steps, in this order, is a program that makes the same calls.
 *
 * @typedef {Object} Step
 * @property {string} title
 * @property {string[]} text paragraphs
 * @property {?Function} run makes the calls of the step; see Session in walkthrough.js
 * @property {string} python
 * @property {string} javascript
 */

const theme = (Op, SyncCount, Value) => ({ Op, Key: "theme", Value, SyncCount });

/**
 * Return the steps.
 * @param {string} endpoint URL of the server, for the code
 * @returns {Step[]}
 */
export const makeSteps = (endpoint) => [
  {
    title: "Two devices share a dataset",
    text: [
      "A user has a phone and a tablet. An app on both devices stores the user's settings in a " +
        "dataset, which Cognito Sync keeps in the cloud. In the next steps, both devices change " +
        "the same setting. You see how the service detects the conflict, and how an app resolves it.",
      "Each step calls this server as an app would, so the calls also appear in the list of " +
        "calls. The walk-through creates an identity pool for itself and deletes it at the end.",
    ],
    python: `import boto3

server = {
    "endpoint_url": "${endpoint}",
    "region_name": "us-east-1",
    "aws_secret_access_key": "secret",
}
backend = boto3.client("cognito-identity", aws_access_key_id="backend", **server)
phone = boto3.client("cognito-sync", aws_access_key_id="phone", **server)
tablet = boto3.client("cognito-sync", aws_access_key_id="tablet", **server)
`,
    javascript: `import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  DeleteIdentityPoolCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  CognitoSyncClient,
  ListRecordsCommand,
  ResourceConflictException,
  UpdateRecordsCommand,
} from "@aws-sdk/client-cognito-sync";

const server = (accessKeyId) => ({
  endpoint: "${endpoint}",
  region: "us-east-1",
  credentials: { accessKeyId, secretAccessKey: "secret" },
});
const backend = new CognitoIdentityClient(server("backend"));
const phone = new CognitoSyncClient(server("phone"));
const tablet = new CognitoSyncClient(server("tablet"));
`,
  },
  {
    title: "Create the user",
    text: [
      "An identity pool contains the users of an app, which are called identities. Both devices " +
        "use the same identity, and therefore the same datasets.",
      "On AWS, a device gets its credentials from Cognito Identity. This server accepts any " +
        "access key, so the code uses “phone” and “tablet”.",
    ],
    run: (session) => session.createUser(),
    python: `pool = backend.create_identity_pool(
    IdentityPoolName="walk-through", AllowUnauthenticatedIdentities=True
)
user = backend.get_id(IdentityPoolId=pool["IdentityPoolId"])
dataset = {
    "IdentityPoolId": pool["IdentityPoolId"],
    "IdentityId": user["IdentityId"],
    "DatasetName": "settings",
}
`,
    javascript: `const { IdentityPoolId } = await backend.send(
  new CreateIdentityPoolCommand({
    IdentityPoolName: "walk-through",
    AllowUnauthenticatedIdentities: true,
  }),
);
const { IdentityId } = await backend.send(new GetIdCommand({ IdentityPoolId }));
const dataset = { IdentityPoolId, IdentityId, DatasetName: "settings" };
`,
  },
  {
    title: "The phone reads the dataset",
    text: [
      "The dataset does not exist yet: it has no records, and its sync count is 0. The phone " +
        "remembers this count. With the session token, it can write once.",
    ],
    run: (session) => session.listRecords("phone"),
    python: `on_phone = phone.list_records(**dataset)
`,
    javascript: `let onPhone = await phone.send(new ListRecordsCommand(dataset));
`,
  },
  {
    title: "The tablet reads the dataset",
    text: ["The tablet sees the same: no records, and the count 0."],
    run: (session) => session.listRecords("tablet"),
    python: `on_tablet = tablet.list_records(**dataset)
`,
    javascript: `let onTablet = await tablet.send(new ListRecordsCommand(dataset));
`,
  },
  {
    title: "The phone writes",
    text: [
      "The phone sets “theme” to “dark” and sends the count that it knows, 0. This is also the " +
        "count in the cloud, so the service accepts the write. Each write increases the count " +
        "of the dataset, and its records get the new count: 1.",
      "LastModifiedBy in the response is the account ID, because the phone signs with developer " +
        "credentials and sends no DeviceId; the list of calls shows the caller as “developer”.",
    ],
    run: (session) => session.updateRecords("phone", theme("replace", 0, "dark")),
    python: `phone.update_records(
    **dataset,
    SyncSessionToken=on_phone["SyncSessionToken"],
    RecordPatches=[
        {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0}
    ],
)
`,
    javascript: `await phone.send(
  new UpdateRecordsCommand({
    ...dataset,
    SyncSessionToken: onPhone.SyncSessionToken,
    RecordPatches: [{ Op: "replace", Key: "theme", Value: "dark", SyncCount: 0 }],
  }),
);
`,
  },
  {
    title: "The tablet writes, and is rejected",
    text: [
      "The tablet has not seen the phone's write. It sets “theme” to “light” and sends the " +
        "count that it knows, 0. But the record has the count 1, so the service rejects the " +
        "write with a ResourceConflictException. Nothing is stored.",
    ],
    run: (session) => session.updateRecords("tablet", theme("replace", 0, "light")),
    python: `try:
    tablet.update_records(
        **dataset,
        SyncSessionToken=on_tablet["SyncSessionToken"],
        RecordPatches=[
            {"Op": "replace", "Key": "theme", "Value": "light", "SyncCount": 0}
        ],
    )
except tablet.exceptions.ResourceConflictException as conflict:
    print(conflict)
`,
    javascript: `try {
  await tablet.send(
    new UpdateRecordsCommand({
      ...dataset,
      SyncSessionToken: onTablet.SyncSessionToken,
      RecordPatches: [{ Op: "replace", Key: "theme", Value: "light", SyncCount: 0 }],
    }),
  );
} catch (conflict) {
  if (!(conflict instanceof ResourceConflictException)) throw conflict;
  console.log(conflict.message);
}
`,
  },
  {
    title: "The tablet reads again",
    text: [
      "After a conflict, a device must read what it has missed. The tablet requests all records " +
        "that changed after the count 0. It receives “dark”, with the count 1.",
    ],
    run: (session) => session.listRecords("tablet"),
    python: `on_tablet = tablet.list_records(**dataset, LastSyncCount=0)
`,
    javascript: `onTablet = await tablet.send(new ListRecordsCommand({ ...dataset, LastSyncCount: 0 }));
`,
  },
  {
    title: "The tablet resolves the conflict",
    text: [
      "The app decides which value to keep: its own, the other one, or a combination. Here, the " +
        "tablet keeps its own. It writes “light” again, now with the count 1, and the service " +
        "accepts the write. The new count is 2.",
    ],
    run: (session) => session.updateRecords("tablet", theme("replace", 1, "light")),
    python: `tablet.update_records(
    **dataset,
    SyncSessionToken=on_tablet["SyncSessionToken"],
    RecordPatches=[
        {"Op": "replace", "Key": "theme", "Value": "light", "SyncCount": 1}
    ],
)
`,
    javascript: `await tablet.send(
  new UpdateRecordsCommand({
    ...dataset,
    SyncSessionToken: onTablet.SyncSessionToken,
    RecordPatches: [{ Op: "replace", Key: "theme", Value: "light", SyncCount: 1 }],
  }),
);
`,
  },
  {
    title: "The phone catches up",
    text: [
      "The phone requests the records that changed after the count 1, and receives “light”. " +
        "Both devices and the cloud now have the same data.",
    ],
    run: (session) => session.listRecords("phone"),
    python: `on_phone = phone.list_records(**dataset, LastSyncCount=1)
`,
    javascript: `onPhone = await phone.send(new ListRecordsCommand({ ...dataset, LastSyncCount: 1 }));
`,
  },
  {
    title: "The phone removes the record",
    text: [
      "A removal is also a write. The record loses its value, but the service keeps it as a " +
        "tombstone with the count 3, so that the other device can learn of the removal.",
    ],
    run: (session) => session.updateRecords("phone", theme("remove", 2)),
    python: `phone.update_records(
    **dataset,
    SyncSessionToken=on_phone["SyncSessionToken"],
    RecordPatches=[{"Op": "remove", "Key": "theme", "SyncCount": 2}],
)
`,
    javascript: `await phone.send(
  new UpdateRecordsCommand({
    ...dataset,
    SyncSessionToken: onPhone.SyncSessionToken,
    RecordPatches: [{ Op: "remove", Key: "theme", SyncCount: 2 }],
  }),
);
`,
  },
  {
    title: "The tablet learns of the removal",
    text: [
      "The tablet requests the records that changed after the count 2. It receives the " +
        "tombstone, which has no value, and removes its own copy.",
    ],
    run: (session) => session.listRecords("tablet"),
    python: `on_tablet = tablet.list_records(**dataset, LastSyncCount=2)
`,
    javascript: `onTablet = await tablet.send(new ListRecordsCommand({ ...dataset, LastSyncCount: 2 }));
`,
  },
  {
    title: "How an app handles conflicts",
    text: [
      "Send each write with the count that the device has last seen. After a " +
        "ResourceConflictException, read the records again, decide which value to keep, and " +
        "write it with the new count.",
      "The identity pool of the walk-through has been deleted.",
    ],
    run: (session) => session.deletePool(),
    python: `backend.delete_identity_pool(IdentityPoolId=pool["IdentityPoolId"])
`,
    javascript: `await backend.send(new DeleteIdentityPoolCommand({ IdentityPoolId }));
`,
  },
];
