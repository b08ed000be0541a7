// AWS's browser library for Cognito Sync, amazon-cognito-js, synchronizes datasets with
// the AWS SDK for JavaScript v2. The environment variable ENDPOINT is the URL of the
// server.
//
// The library reads window.localStorage when an app starts. In its callbacks,
// onDatasetsMerged cannot continue a synchronization: version 1.1.0 calls a method that
// it does not have. So the apps cancel it and synchronize again afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";

process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { default: AWS } = await import("aws-sdk");
await import("amazon-cognito-js");

const FACEBOOK = "graph.facebook.com";
const GOOGLE = "accounts.google.com";

const clientConfig = { endpoint: process.env.ENDPOINT, region: "us-east-1" };
AWS.config.update({ region: clientConfig.region, cognitosync: clientConfig });
const backend = new AWS.CognitoIdentity({
  ...clientConfig,
  accessKeyId: "testing",
  secretAccessKey: "testing",
});

async function newPool() {
  const pool = await backend
    .createIdentityPool({
      IdentityPoolName: "players",
      AllowUnauthenticatedIdentities: true,
      SupportedLoginProviders: { [FACEBOOK]: "1234", [GOOGLE]: "5678.example" },
    })
    .promise();
  return pool.IdentityPoolId;
}

// What the library needs of a browser.
class LocalStorage {
  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    this[key] = String(value);
  }

  removeItem(key) {
    delete this[key];
  }
}

function call(target, method, ...args) {
  return new Promise((resolve, reject) => {
    target[method](...args, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

// An app in its own browser.
class App {
  constructor(IdentityPoolId, Logins) {
    const params = { IdentityPoolId, ...(Logins && { Logins }) };
    this.credentials = new AWS.CognitoIdentityCredentials(params, clientConfig);
  }

  static async start(poolId, logins) {
    const app = new App(poolId, logins);
    await app.credentials.refreshPromise();
    AWS.config.credentials = app.credentials;
    globalThis.window = { localStorage: new LocalStorage() };
    app.manager = new AWS.CognitoSyncManager();
    return app;
  }

  get identityId() {
    return this.manager.getIdentityId();
  }

  async logIn(logins) {
    this.credentials.params.Logins = logins;
    await this.credentials.refreshPromise();
  }

  open(name = "settings") {
    return call(this.manager, "openOrCreateDataset", name);
  }

  async put(values) {
    const dataset = await this.open();
    await call(dataset, "putAll", values);
    return dataset;
  }

  async getAll(name) {
    return call(await this.open(name), "getAll");
  }
}

// Synchronize once. The result is a list of the callbacks that were called, with their
// arguments. By default, the callbacks cancel the synchronization.
function synchronize(dataset, answers = {}) {
  return new Promise((resolve) => {
    const called = [];
    const record = (name) => (target, details, next) => {
      assert.equal(target, dataset);
      called.push([name, details]);
      (answers[name] ?? ((_, next) => next(false)))(details, next);
    };
    dataset.synchronize({
      onSuccess: () => resolve([...called, ["onSuccess"]]),
      onFailure: (error) => resolve([...called, ["onFailure", error.message]]),
      onConflict: record("onConflict"),
      onDatasetDeleted: record("onDatasetDeleted"),
      onDatasetsMerged: record("onDatasetsMerged"),
    });
  });
}

const SUCCESS = [["onSuccess"]];

test("two devices of a user synchronize", async () => {
  const poolId = await newPool();
  const phone = await App.start(poolId, { [FACEBOOK]: "alice" });
  assert.deepEqual(await synchronize(await phone.put({ theme: "dark" })), SUCCESS);

  const tablet = await App.start(poolId, { [FACEBOOK]: "alice" });
  assert.deepEqual(await synchronize(await tablet.put({ volume: "11" })), SUCCESS);
  assert.deepEqual(await tablet.getAll(), { theme: "dark", volume: "11" });

  assert.deepEqual(await synchronize(await phone.open()), SUCCESS);
  assert.deepEqual(await phone.getAll(), { theme: "dark", volume: "11" });
});

test("a conflict between two devices is resolved by the app", async () => {
  const poolId = await newPool();
  const phone = await App.start(poolId, { [FACEBOOK]: "alice" });
  await synchronize(await phone.put({ theme: "dark" }));
  const tablet = await App.start(poolId, { [FACEBOOK]: "alice" });

  const settings = await tablet.put({ theme: "light" });
  const called = await synchronize(settings, {
    onConflict: (conflicts, next) => {
      const resolved = conflicts.map((each) => each.resolveWithLocalRecord());
      settings.resolve(resolved, () => next(true));
    },
  });

  assert.deepEqual(
    called.map(([name]) => name),
    ["onConflict", "onSuccess"],
  );
  const [[, [conflict]]] = called;
  assert.equal(conflict.getKey(), "theme");
  assert.equal(conflict.getRemoteRecord().getValue(), "dark");
  assert.equal(conflict.getLocalRecord().getValue(), "light");
  await synchronize(await phone.open());
  assert.deepEqual(await phone.getAll(), { theme: "light" });
});

test("a guest that logs in for the first time keeps its id and data", async () => {
  const poolId = await newPool();
  const app = await App.start(poolId);
  const guestId = app.identityId;
  await synchronize(await app.put({ theme: "dark" }));

  await app.logIn({ [FACEBOOK]: "alice" });
  await synchronize(await app.put({ volume: "11" }));

  assert.equal(app.identityId, guestId);
  const other = await App.start(poolId, { [FACEBOOK]: "alice" });
  assert.equal(other.identityId, guestId);
  assert.deepEqual(await synchronize(await other.open()), SUCCESS);
  assert.deepEqual(await other.getAll(), { theme: "dark", volume: "11" });
});

test("a merge of two logins is reported, and the app resolves it", async () => {
  const poolId = await newPool();
  const phone = await App.start(poolId, { [FACEBOOK]: "alice" });
  await synchronize(await phone.put({ theme: "dark" }));
  const tablet = await App.start(poolId, { [GOOGLE]: "alice@example.com" });
  const mergedId = tablet.identityId;
  await synchronize(await tablet.put({ theme: "light", volume: "11" }));
  const mergedName = `settings.${mergedId}`;

  await phone.logIn({ [FACEBOOK]: "alice", [GOOGLE]: "alice@example.com" });
  const [report, end] = await synchronize(await phone.open());
  assert.deepEqual(report, ["onDatasetsMerged", [mergedName]]);
  assert.equal(end[0], "onFailure"); // because the app does not continue

  const merged = await phone.open(mergedName);
  assert.deepEqual(await synchronize(merged), SUCCESS);
  assert.deepEqual(await call(merged, "getAll"), { theme: "light", volume: "11" });
  await call(phone.manager.local, "deleteDataset", phone.identityId, mergedName);
  assert.deepEqual(await synchronize(merged), SUCCESS); // deletes it on the server
  assert.deepEqual(await synchronize(await phone.put({ volume: "11" })), SUCCESS);

  await tablet.credentials.clearCachedId();
  await tablet.logIn({ [GOOGLE]: "alice@example.com" });
  assert.equal(tablet.identityId, phone.identityId);
  assert.deepEqual(await synchronize(await tablet.open()), SUCCESS);
  assert.deepEqual(await tablet.getAll(), { theme: "dark", volume: "11" });
});

test("a dataset that another device has deleted is reported", async () => {
  const poolId = await newPool();
  const phone = await App.start(poolId, { [FACEBOOK]: "alice" });
  const settings = await phone.put({ theme: "dark" });
  await synchronize(settings);
  const tablet = await App.start(poolId, { [FACEBOOK]: "alice" });
  await synchronize(await tablet.open());

  await call(phone.manager.local, "deleteDataset", phone.identityId, "settings");
  assert.deepEqual(await synchronize(settings), SUCCESS);

  const called = await synchronize(await tablet.open());
  assert.deepEqual(called[0], ["onDatasetDeleted", "settings"]);
});
