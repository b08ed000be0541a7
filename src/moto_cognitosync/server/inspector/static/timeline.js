/** The live list of calls, newest first. */

import { eventsUrl, get, remove } from "./api.js";
import { button, h, identityName, name, plural, shorten, shortId } from "./dom.js";
import { run } from "./actions.js";
import { link } from "./routes.js";

const MAX_CALLS = 1000; // kept for the filter
const MAX_ROWS = 200; // in the document
const MAX_TEXT = 200; // characters of a path or a message
const RENDER_DELAY = 30; // milliseconds
const RETRY_DELAY = 1000;
const SKIPPED_DELAY = 300;
const ANNOUNCE_DELAY = 2000;
const USERS_DELAY = 200;
const MAX_IDS = 50; // in one request
const COLUMNS = ["Time (UTC)", "Operation", "Caller", "About", "Result", "ms"];

let calls = []; // in the order of their numbers
let rows = new Map(); // by number
let unannounced = [];
let users = new Map(); // by identity; null if it has no logins
let unknownUsers = new Map(); // identities whose users are fetched next
let server = "";
let latest = 0;
let skippedAfter = null; // number of the last call before those that the stream skipped
let source = null;
let renderTimer = 0;
let retryTimer = 0;
let skippedTimer = 0;
let usersTimer = 0;

const body = h("tbody");
const note = h("p.hint");
const announcement = h("p.visually-hidden", { role: "status" });
const filter = h("input", { type: "search", id: "call-filter", oninput: showRows });
const onlyErrors = h("input", { type: "checkbox", id: "only-errors", onchange: showRows });
const toggle = button("", toggleList, { "aria-label": "Show calls", "aria-expanded": "true" });
const list = h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Recorded calls" });
const connection = document.getElementById("connection");

/**
 * Show the recorded calls, and each new one.
 * @param {(call: Object) => void} onCall called for each new call
 * @param {() => void} onConnect called if calls may have been missed
 */
export function startTimeline(onCall, onConnect) {
  const clear = () => run(() => remove("calls").then(forget), "Discarded all recorded calls.");
  const head = h("tr", {}, COLUMNS.map((each) => h("th", { scope: "col" }, each)));
  list.append(
    h(
      "table",
      {},
      h("caption.visually-hidden", {}, "Recorded calls, newest first"),
      h("thead", {}, head),
      body,
    ),
    note,
  );
  document.getElementById("timeline").append(
    h(
      "div.toolbar",
      {},
      h("h2", { id: "timeline-title" }, "Calls"),
      h("label", { for: "call-filter" }, "Filter"),
      filter,
      h("span", {}, onlyErrors, " ", h("label", { for: "only-errors" }, "Only errors")),
      button("Clear calls", clear),
      toggle,
    ),
    announcement,
    list,
  );
  setInterval(announce, ANNOUNCE_DELAY);
  addEventListener("hashchange", markSelected);
  document.addEventListener("visibilitychange", () => connect(onCall, onConnect));
  showRows();
  connect(onCall, onConnect);
}

function toggleList() {
  list.hidden = !list.hidden;
  toggle.ariaExpanded = !list.hidden;
}

export const scrollToNewest = () => list.scrollTo({ top: 0 });

/**
 * Open the stream of calls, or open it again: EventSource itself gives up after some errors.
 * Hidden pages close it, because browsers allow only six connections to a server.
 */
function connect(onCall, onConnect) {
  source?.close();
  clearTimeout(retryTimer);
  if (document.hidden) return;
  source = new EventSource(eventsUrl(latest));
  let known = 0;
  source.addEventListener("hello", ({ data }) => {
    const hello = JSON.parse(data);
    if (server !== hello.server) forget();
    server = hello.server;
    known = hello.latest;
    showConnection("Live", "live");
    onConnect();
  });
  source.addEventListener("call", ({ data }) => {
    const call = JSON.parse(data);
    add([call]);
    if (call.number <= known) return; // from before the connection
    unannounced.push(call);
    onCall(call);
  });
  source.addEventListener("skipped", () => {
    onConnect();
    // After the burst of calls, because the server is busy.
    skippedAfter ??= latest;
    clearTimeout(skippedTimer);
    skippedTimer = setTimeout(fetchSkipped, SKIPPED_DELAY);
  });
  source.onerror = () => {
    source.close();
    showConnection("Not connected, retrying", "offline");
    retryTimer = setTimeout(connect, RETRY_DELAY, onCall, onConnect);
  };
}

function showConnection(text, className) {
  connection.textContent = text;
  connection.className = className;
}

/** Fetch the calls that the stream skipped. */
async function fetchSkipped() {
  const since = Math.max(skippedAfter, latest - MAX_CALLS);
  skippedAfter = null;
  try {
    add((await get("calls", { since })).calls);
  } catch {
    // The stream reports that the server has stopped.
  }
}

function add(added) {
  const fresh = added.filter((each) => !rows.has(each.number));
  if (!fresh.length) return;
  for (const each of fresh) {
    rows.set(each.number, makeRow(each));
    lookUpUser(each);
  }
  calls.push(...fresh);
  calls.sort((one, other) => one.number - other.number);
  for (const each of calls.splice(0, calls.length - MAX_CALLS)) rows.delete(each.number);
  latest = calls.at(-1).number;
  renderTimer ||= setTimeout(showRows, RENDER_DELAY);
}

const identityKey = ({ account_id, identity_id }) => `${account_id} ${identity_id}`;

/** Show the user of the call's identity. Fetch it if it is not known, or may have changed. */
function lookUpUser(call) {
  if (call.service === "moto-api") users = new Map(); // another state may be loaded
  if (!call.identity_id) return;
  const key = identityKey(call);
  showUser(call);
  if (users.has(key) && call.service !== "cognito-identity") return;
  unknownUsers.set(key, call);
  usersTimer ||= setTimeout(fetchUsers, USERS_DELAY);
}

async function fetchUsers() {
  const wanted = Map.groupBy(unknownUsers.values(), (each) => each.account_id);
  unknownUsers = new Map();
  usersTimer = 0;
  for (const [account_id, group] of wanted) {
    for (let i = 0; i < group.length; i += MAX_IDS) {
      await fetchSomeUsers(account_id, group.slice(i, i + MAX_IDS)).catch(() => {}); // shown without users
    }
  }
  for (const each of calls) showUser(each);
  if (filter.value) showRows();
}

async function fetchSomeUsers(account_id, group) {
  const identity_ids = group.map((each) => each.identity_id).join();
  const found = await get("users", { account_id, identity_ids });
  for (const each of group) users.set(identityKey(each), found.users[each.identity_id] ?? null);
}

/** Add the user to a call, for the filter, and to its row. */
function showUser(call) {
  const user = users.get(identityKey(call));
  if (!user || call.user === user) return;
  call.user = user;
  rows.get(call.number).querySelector(".identity").replaceChildren(identityName(call.identity_id, user));
}

function forget() {
  users = new Map();
  calls = [];
  rows = new Map();
  latest = 0;
  skippedAfter = null;
  showRows();
}

/** Show the rows of the latest calls that match the filter. */
function showRows() {
  renderTimer = 0;
  const text = filter.value.toLowerCase();
  const isShown = (call) =>
    (!onlyErrors.checked || isError(call)) && (!text || JSON.stringify(call).toLowerCase().includes(text));
  const matching = calls.filter(isShown).reverse();
  const wanted = matching.slice(0, MAX_ROWS).map((each) => rows.get(each.number));
  // Existing rows stay where they are, so that they keep the focus.
  const kept = new Set(wanted);
  for (const each of [...body.children]) if (!kept.has(each)) each.remove();
  let next = body.firstChild;
  for (const each of wanted) {
    if (each === next) next = next.nextSibling;
    else body.insertBefore(each, next);
  }
  note.textContent = describeRows(matching.length, wanted.length);
  markSelected();
}

function describeRows(matching, shown) {
  if (!calls.length) return "No calls yet. Calls appear here as soon as the server receives them.";
  if (!matching) return "No recorded call matches.";
  return matching > shown ? `${plural(matching - shown, "older call")} not shown. Use the filter to find them.` : "";
}

export const isError = (call) => call.status === null || call.status >= 400;

function makeRow(call) {
  const target = link("call", { number: call.number });
  const title = call.operation ?? `${call.method} ${shorten(call.path.split("?")[0], MAX_TEXT)}`;
  const row = h(
    isError(call) ? "tr.error" : "tr",
    {},
    h("td", {}, h("time", { datetime: call.time }, call.time.slice(11, 23))),
    h("td", { class: call.operation && "operation" }, h("a", { href: target }, name(title))),
    h("td", {}, call.caller ?? call.service, call.device_id && [" · ", shortId(call.device_id)]),
    h("td", {}, describeSubject(call)),
    h("td", {}, describeStatus(call), call.message && [" ", name(shorten(call.message, MAX_TEXT))]),
    h("td.number", {}, call.milliseconds.toFixed(1)),
  );
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a") && getSelection().isCollapsed) location.hash = target;
  });
  return row;
}

/** What a call is about: its dataset, and its identity or pool. */
function describeSubject({ dataset_name, identity_id, identity_pool_id }) {
  const id = identity_id ?? identity_pool_id;
  return [dataset_name && [shortId(dataset_name), " "], id && h("span.identity", {}, shortId(id))];
}

/** The status of a call, and its error. */
export const describeStatus = (call) => [
  h(`span.status${isError(call) ? ".failed" : ".succeeded"}`, {}, call.status ?? "dropped"),
  call.error && [" ", h("strong", {}, call.error)],
];

function markSelected() {
  for (const each of body.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
  const selected = location.hash.startsWith("#/call/") && rows.get(Number(location.hash.split("/")[2]));
  if (selected) selected.querySelector("a").setAttribute("aria-current", "true");
}

/** Tell screen readers about new calls, but not about each of many. */
function announce() {
  if (!unannounced.length) return;
  const errors = unannounced.filter(isError).length;
  const [{ operation, method, path, status, error }] = unannounced;
  announcement.textContent =
    unannounced.length === 1
      ? [operation ?? `${method} ${shorten(path, MAX_TEXT)}`, status ?? "dropped", error].filter(Boolean).join(" ")
      : `${plural(unannounced.length, "new call")}, ${plural(errors, "error")}`;
  unannounced = [];
}
