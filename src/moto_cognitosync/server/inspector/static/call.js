/** One call: request, response, and both counts of a conflict. */

import { get } from "./api.js";
import { bytes, date, facts, h, longText, name, plural, table, userName, value } from "./dom.js";
import { link, placeOf } from "./routes.js";
import { describeStatus } from "./timeline.js";

const MAX_VALUE = 200; // characters that are shown at first
const MAX_SEARCHED = 20; // calls

export async function load({ number }) {
  const call = await find(number);
  const [user, cause] = await Promise.all([findUser(call), call.conflict && findCause(call)]);
  return { call, user, cause };
}

const find = (number) => get(`calls/${encodeURIComponent(number)}`);

async function findUser({ account_id, identity_id }) {
  if (!identity_id) return null;
  return (await get("users", { account_id, identity_ids: identity_id })).users[identity_id];
}

/**
 * Find the write that a call conflicts with.
 * @returns {Promise<Object>} the call of the write, if it is recorded; the record that it has
 *   written, as far as it is known; whether the dataset is still there
 */
async function findCause(call) {
  const [dataset, write] = await Promise.all([
    get("dataset", placeOf(call)).catch(() => null), // it may have been deleted
    findWrite(call),
  ]);
  const stored = dataset?.Records.find((each) => isCause(each, call));
  return { number: write?.number, record: stored ?? write?.record, hasDataset: dataset !== null };
}

const isCause = ({ Key, SyncCount }, { conflict }) => Key === conflict.key && SyncCount === conflict.current;

/** Find the recorded call that has given the record its count. */
async function findWrite(call) {
  const place = JSON.stringify(placeOf(call));
  const isCandidate = (each) =>
    each.number < call.number &&
    each.operation === "UpdateRecords" &&
    each.status === 200 &&
    JSON.stringify(placeOf(each)) === place;
  const { calls } = await get("calls");
  for (const { number } of calls.filter(isCandidate).slice(-MAX_SEARCHED).reverse()) {
    const { response } = await find(number);
    const record = parse(response.body)?.Records.find((each) => isCause(each, call));
    if (record) return { number, record: { ...record, LastModifiedDate: toIso(record.LastModifiedDate) } };
  }
  return null;
}

const toIso = (seconds) => new Date(seconds * 1000).toISOString();

/** Parse a recorded body; null if it was cut. */
function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

export const touchedBy = () => false; // recorded calls do not change

export function show({ call, user, cause }) {
  return [
    h("h1", {}, name(call.operation ?? `${call.method} ${call.service}`), " ", describeStatus(call)),
    call.message && h("p.reason", {}, longText(call.message)),
    call.conflict && showConflict(call, cause),
    facts({
      Dataset: call.dataset_name && placeLink("dataset", call, call.dataset_name),
      Identity: call.identity_id && [placeLink("identity", call, call.identity_id), user && [" ", userName(user)]],
      "Identity pool": call.identity_pool_id && placeLink("pool", call, call.identity_pool_id),
      Caller: call.caller,
      Device: call.device_id && name(call.device_id),
      "Access key": call.access_key && name(call.access_key),
      Account: call.account_id,
      Region: call.region,
      "Time (UTC)": date(call.time),
      Duration: `${call.milliseconds} ms`,
    }),
    h("h2", {}, "Request"),
    h("p.mono", {}, call.method, " ", longText(call.path)),
    showMessage("Request headers", call.request),
    h("h2", {}, "Response"),
    call.status === null ? h("p", {}, "The server closed the connection without a response.") : showMessage("Response headers", call.response),
  ];
}

/** A link, if the call names all that the view needs. */
function placeLink(view, call, text) {
  const needed = { pool: ["identity_pool_id"], identity: ["identity_id"], dataset: ["dataset_name"] }[view];
  const isComplete = ["account_id", "region", "identity_pool_id", ...needed].every((each) => call[each]);
  return isComplete ? h("a", { href: link(view, call) }, name(text)) : name(text);
}

function showConflict(call, { number, record, hasDataset }) {
  const { key, sent, current } = call.conflict;
  const patch = parse(call.request.body)?.RecordPatches.find((each) => each.Key === key && each.SyncCount === sent);
  return h(
    "section.conflict",
    { "aria-labelledby": "conflict-title" },
    h("h2", { id: "conflict-title" }, "Conflict on ", name(key)),
    h(
      "div.counts",
      {},
      h(
        "div",
        {},
        h("p", {}, "The app sent SyncCount", h("strong.sent", {}, sent)),
        facts({ Device: call.device_id && name(call.device_id), "Rejected value": patch && showValue(patch) }),
      ),
      h(
        "div",
        {},
        h("p", {}, "The server has SyncCount", h("strong.current", {}, current)),
        record &&
          facts({
            "Written by": name(record.LastModifiedBy),
            "Written (UTC)": date(record.LastModifiedDate),
            Value: showValue(record),
            Call: number && h("a", { href: link("call", { number }) }, "UpdateRecords"),
          }),
      ),
    ),
    h(
      "p",
      {},
      "The record has changed since the SyncCount that the app sent. ",
      `To resolve the conflict, call ListRecords, decide which value to keep, and write it with SyncCount ${current}.`,
    ),
    hasDataset && h("p", {}, h("a", { href: link("dataset", call) }, "Show the dataset")),
  );
}

const showValue = ({ Value }) => (Value == null ? h("span.tag", {}, "removed") : longText(Value, MAX_VALUE));

function showMessage(title, message) {
  if (!message) return h("p.hint", {}, "Only calls of Cognito Sync and Cognito Identity are recorded with headers and bodies.");
  const rows = message.headers.map(([header, text]) => h("tr", {}, h("th", { scope: "row" }, name(header)), h("td", {}, longText(text))));
  return [
    h("details", {}, h("summary", {}, plural(rows.length, "header")), table(title, ["Name", "Value"], rows)),
    message.body ? h("pre", { tabindex: "0" }, value(message.body)) : h("p.hint", {}, "Without a body."),
    message.is_cut && h("p.hint", {}, `Only the beginning of ${bytes(message.size)} is recorded.`),
  ];
}
