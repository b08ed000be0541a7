// The credential providers of the AWS SDK for JavaScript log in, and Cognito Sync accepts
// their credentials. The environment variable ENDPOINT is the URL of the server.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  ListIdentitiesCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  CognitoSyncClient,
  ListDatasetsCommand,
  ListRecordsCommand,
  UpdateRecordsCommand,
} from "@aws-sdk/client-cognito-sync";
import { fromCognitoIdentity, fromCognitoIdentityPool } from "@aws-sdk/credential-providers";

const DEVELOPER = "login.game.example";
const HOUR = 60 * 60 * 1000;

const clientConfig = { endpoint: process.env.ENDPOINT, region: "us-east-1" };
const backend = new CognitoIdentityClient({
  ...clientConfig,
  credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
});

async function newPool() {
  const { IdentityPoolId } = await backend.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: "players",
      AllowUnauthenticatedIdentities: true,
      SupportedLoginProviders: { "graph.facebook.com": "1234" },
      DeveloperProviderName: DEVELOPER,
    }),
  );
  return IdentityPoolId;
}

function newToken(IdentityPoolId, user) {
  return backend.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({
      IdentityPoolId,
      Logins: { [DEVELOPER]: user },
    }),
  );
}

// An app that syncs the data of the identity to which its credentials belong.
class App {
  constructor(IdentityPoolId, credentials) {
    this.pool = { IdentityPoolId };
    this.sync = new CognitoSyncClient({ ...clientConfig, credentials });
  }

  async player() {
    const { identityId } = await this.sync.config.credentials();
    return { ...this.pool, IdentityId: identityId };
  }

  async write(Key, Value) {
    const dataset = { ...(await this.player()), DatasetName: "settings" };
    const listed = await this.sync.send(new ListRecordsCommand(dataset));
    const { DatasetSyncCount: SyncCount, SyncSessionToken } = listed;
    const RecordPatches = [{ Op: "replace", Key, Value, SyncCount }];
    await this.sync.send(
      new UpdateRecordsCommand({ ...dataset, SyncSessionToken, RecordPatches }),
    );
  }

  async settings() {
    const dataset = { ...(await this.player()), DatasetName: "settings" };
    const { Records } = await this.sync.send(new ListRecordsCommand(dataset));
    return Object.fromEntries(Records.map(({ Key, Value }) => [Key, Value]));
  }
}

test("a guest writes and lists its own datasets", async () => {
  const identityPoolId = await newPool();
  // The SDK remembers the identity of the guest.
  const open = () =>
    new App(identityPoolId, fromCognitoIdentityPool({ clientConfig, identityPoolId }));
  const app = open();
  await app.write("theme", "dark");

  const player = await app.player();
  const { Datasets } = await app.sync.send(new ListDatasetsCommand(player));
  assert.deepEqual(
    Datasets.map(({ DatasetName, LastModifiedBy }) => [DatasetName, LastModifiedBy]),
    [["settings", player.IdentityId]],
  );
  assert.deepEqual(await open().settings(), { theme: "dark" });
});

test("a login finds the same data on each device", async () => {
  const identityPoolId = await newPool();
  const device = () =>
    new App(
      identityPoolId,
      fromCognitoIdentityPool({
        clientConfig,
        identityPoolId,
        logins: { "graph.facebook.com": "alice" },
      }),
    );
  await device().write("theme", "dark");

  assert.deepEqual(await device().settings(), { theme: "dark" });
  const { Identities } = await backend.send(
    new ListIdentitiesCommand({ IdentityPoolId: identityPoolId, MaxResults: 10 }),
  );
  assert.deepEqual(
    Identities.map(({ Logins }) => Logins),
    [["graph.facebook.com"]],
  );
});

test("a developer user gets new credentials with a new token", async (context) => {
  const identityPoolId = await newPool();
  const { IdentityId: identityId } = await newToken(identityPoolId, "alice");
  let tokens = 0;
  const app = new App(
    identityPoolId,
    fromCognitoIdentity({
      clientConfig,
      identityId,
      logins: {
        "cognito-identity.amazonaws.com": async () => {
          tokens += 1;
          return (await newToken(identityPoolId, "alice")).Token;
        },
      },
    }),
  );
  await app.write("theme", "dark");
  assert.equal(tokens, 1);

  mock.timers.enable({ apis: ["Date"], now: Date.now() + HOUR });
  context.after(() => mock.timers.reset());
  await app.write("theme", "light");

  assert.ok(tokens > 1);
  assert.deepEqual(await app.settings(), { theme: "light" });
  assert.deepEqual(await app.player(), {
    IdentityPoolId: identityPoolId,
    IdentityId: identityId,
  });
});
