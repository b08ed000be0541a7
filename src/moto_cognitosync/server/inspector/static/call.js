/** One call: request, response, and both counts of a conflict. */

import { get } from "./api.js";
import { bytes, date, facts, h, longText, name, plural, table, value } from "./dom.js";
import { link } from "./routes.js";
import { describeStatus } from "./timeline.js";

export const load = ({ number }) => get(`calls/${encodeURIComponent(number)}`);

export const touchedBy = () => false; // recorded calls do not change

export function show(call) {
  return [
    h("h1", {}, name(call.operation ?? `${call.method} ${call.service}`), " ", describeStatus(call)),
    call.message && h("p.reason", {}, longText(call.message)),
    call.conflict && showConflict(call),
    facts({
      Dataset: call.dataset_name && placeLink("dataset", call, call.dataset_name),
      Identity: call.identity_id && placeLink("identity", call, call.identity_id),
      "Identity pool": call.identity_pool_id && placeLink("pool", call, call.identity_pool_id),
      Caller: call.caller,
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

function showConflict({ conflict }) {
  const { key, sent, current } = conflict;
  return h(
    "section.conflict",
    { "aria-labelledby": "conflict-title" },
    h("h2", { id: "conflict-title" }, "Conflict on ", name(key)),
    h(
      "div.counts",
      {},
      h("p", {}, "The app sent SyncCount", h("strong.sent", {}, sent)),
      h("p", {}, "The server has SyncCount", h("strong.current", {}, current)),
    ),
    h(
      "p",
      {},
      sent < current
        ? "Another device has written this record since the app read it. "
        : "The app sent a count that this record has not reached. ",
      `To resolve the conflict, call ListRecords, decide which value to keep, and write it with SyncCount ${current}.`,
    ),
  );
}

function showMessage(title, message) {
  if (!message) return h("p.hint", {}, "Only calls of Cognito Sync and Cognito Identity are recorded with headers and bodies.");
  const rows = message.headers.map(([header, text]) => h("tr", {}, h("th", { scope: "row" }, name(header)), h("td", {}, longText(text))));
  return [
    h("details", {}, h("summary", {}, plural(rows.length, "header")), table(title, ["Name", "Value"], rows)),
    message.body ? h("pre", { tabindex: "0" }, value(message.body)) : h("p.hint", {}, "Without a body."),
    message.is_cut && h("p.hint", {}, `Only the beginning of ${bytes(message.size)} is recorded.`),
  ];
}
