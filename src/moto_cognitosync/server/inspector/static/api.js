/** Sends requests to the server: to its control API, and to Cognito Sync like an app. */

const ROOT = "/moto-api/cognito-sync";

/** An error with a message for the reader. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Send a request.
 * @returns {Promise<any>} the JSON of the response
 * @throws {ApiError} with the server's message
 */
async function send(method, url, headers = {}, body = undefined) {
  let response, text;
  try {
    response = await fetch(url, { method, headers, body });
    text = await response.text();
  } catch {
    throw new ApiError("The server closed the connection or is not running.", 0);
  }
  if (!response.ok) throw new ApiError(describeError(response, text), response.status);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describeError(response, text) {
  let content = {};
  try {
    content = JSON.parse(text);
  } catch {
    // not from this package
  }
  const type = response.headers.get("x-amzn-ErrorType")?.split(":")[0];
  const message = content.error ?? content.message ?? content.Message ?? text;
  return [type, message || `status ${response.status}`].filter(Boolean).join(": ");
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, each]) => each != null && each !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** Read from the control API, for example `get("pool", place)`. */
export const get = (path, parameters = {}) => send("GET", `${ROOT}/${path}${query(parameters)}`);

export const post = (path, data) => send("POST", `${ROOT}/${path}`, {}, JSON.stringify(data));

export const put = (path, text) => send("PUT", `${ROOT}/${path}`, {}, text);

export const remove = (path, parameters = {}) => send("DELETE", `${ROOT}/${path}${query(parameters)}`);

export const reset = () => send("POST", "/moto-api/reset");

export const eventsUrl = (since) => `${ROOT}/events?since=${since}`;

/**
 * Call an operation of Cognito Sync on a dataset as a device of its identity.
 * @param {string} method HTTP method
 * @param {Object} place see routes.js
 * @param {string} path what follows the path of the dataset
 * @param {Object} [body]
 */
async function callDataset(method, place, path = "", body = undefined) {
  const { account_id, region, identity_pool_id, identity_id, dataset_name } = place;
  if (/^\.\.?$/.test(dataset_name)) {
    throw new ApiError(`Browsers cannot send requests for a dataset called "${dataset_name}".`, 0);
  }
  const { AccessKeyId } = await get("identity", { account_id, region, identity_pool_id, identity_id });
  const scope = `${AccessKeyId}/20140630/${region}/cognito-sync/aws4_request`;
  const names = [identity_pool_id, identity_id, dataset_name].map(encodeURIComponent);
  return send(
    method,
    `/identitypools/${names[0]}/identities/${names[1]}/datasets/${names[2]}${path}`,
    {
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      "Content-Type": "application/json",
      "x-moto-account-id": account_id,
    },
    body && JSON.stringify(body),
  );
}

/**
 * Write or remove records as another device: ListRecords, then UpdateRecords.
 * @param {Object} place
 * @param {string} deviceId
 * @param {{key: string, value: ?string}[]} changes a value of null removes the record
 */
export async function writeAsAnotherDevice(place, deviceId, changes) {
  const counts = new Map();
  let page = { NextToken: "" };
  do {
    const token = page.NextToken ? `&nextToken=${encodeURIComponent(page.NextToken)}` : "";
    page = await callDataset("GET", place, `/records?maxResults=1024${token}`);
    for (const each of page.Records) counts.set(each.Key, each.SyncCount);
  } while (page.NextToken);
  return callDataset("POST", place, "", {
    DeviceId: deviceId,
    SyncSessionToken: page.SyncSessionToken,
    RecordPatches: changes.map(({ key, value }) => ({
      Op: value === null ? "remove" : "replace",
      Key: key,
      Value: value,
      SyncCount: counts.get(key) ?? 0,
      DeviceLastModifiedDate: Date.now() / 1000,
    })),
  });
}

export const deleteDataset = (place) => callDataset("DELETE", place);
