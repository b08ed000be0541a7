/** Starts the page: shows the view that the URL names, and keeps it up to date. */

import { clearMessages, showError } from "./actions.js";
import { focusHeading, h, render } from "./dom.js";
import { parse } from "./routes.js";
import { isError, startTimeline } from "./timeline.js";
import { showTree } from "./tree.js";
import * as call from "./call.js";
import * as dataset from "./dataset.js";
import * as failures from "./failures.js";
import * as identity from "./identity.js";
import * as overview from "./overview.js";
import * as pool from "./pool.js";
import * as state from "./state.js";

/**
 * Each view has two functions: load(place) fetches its data, and show(data, place,
 * refresh) returns its nodes. If a view exports touchedBy(call), it decides which calls
 * refresh it.
 */
const VIEWS = { "": overview, pool, identity, dataset, call, failures, state };

// Calls that may change what the page shows.
const SHOWN_SERVICES = ["cognito-sync", "cognito-identity", "moto-api"];

// Milliseconds. While calls arrive, data is fetched at most this often.
const VIEW_DELAY = 150;
const TREE_DELAY = 1000;

const container = document.getElementById("view");
let current = { view: "", place: {} };
let shownData = "";

/** Show the view that the URL names. */
async function route() {
  current = parse(location.hash);
  shownData = "";
  clearMessages();
  showTree(current.place).catch(showError);
  if (current.view === "walkthrough") {
    const { renderWalkthrough } = await import("./walkthrough.js");
    container.replaceChildren();
    renderWalkthrough(container);
  } else {
    await refreshView();
  }
  document.title = `${container.querySelector("h1")?.textContent ?? "Inspector"} – moto-cognitosync`;
  for (const each of document.querySelectorAll("#pages a")) {
    each.ariaCurrent = each.hash === `#/${current.view}` ? "page" : null;
  }
}

/** Fetch the data of the view, and show it if it has changed. */
async function refreshView() {
  const { view, place } = current;
  const shown = VIEWS[view];
  if (!shown) return view === "walkthrough" || showMissing("There is no such page.");
  const requested = current;
  let data;
  try {
    data = await shown.load(place);
  } catch (error) {
    if (requested !== current) return;
    if (error.status === 404 || error.status === 400) showMissing(error.message);
    else showError(error);
    return;
  }
  const text = JSON.stringify(data);
  if (requested !== current || text === shownData) return;
  shownData = text;
  render(container, shown.show(data, place, refresh));
}

function showMissing(message) {
  shownData = "";
  render(container, h("h1", {}, "Not found"), h("p", {}, message), h("p", {}, h("a", { href: "#/" }, "Show all pools")));
}

/** Return a function that runs another one after a delay, once for all calls meanwhile. */
function debounce(action, delay) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(async () => {
      await action().catch(showError);
      timer = 0;
    }, delay);
  };
}

const refreshViewSoon = debounce(refreshView, VIEW_DELAY);
const refreshTreeSoon = debounce(() => showTree(current.place), TREE_DELAY);

/** Fetch the shown data again, soon. */
function refresh() {
  refreshViewSoon();
  refreshTreeSoon();
}

// Operations that change nothing that this page shows.
const READS = /^(Describe|List|Lookup|Get(?!Id$|CredentialsFor|OpenIdTokenFor))/;

/** Fetch what a call may have changed. */
function handleCall(call) {
  const isChange = !isError(call) && SHOWN_SERVICES.includes(call.service) && !READS.test(call.operation);
  if (isChange) refreshTreeSoon();
  const { touchedBy } = VIEWS[current.view] ?? {};
  if (touchedBy ? touchedBy(call) : isChange && mayTouch(call, current.place)) refreshViewSoon();
}

/** Return whether a call may be about a place: whether they do not differ. */
function mayTouch(call, place) {
  const names = call.service === "cognito-sync" ? ["identity_pool_id", "identity_id"] : ["identity_pool_id"];
  return names.every((each) => !call[each] || !place[each] || call[each] === place[each]);
}

function setupSkipLink() {
  const main = document.getElementById("main");
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the hash is for the views
    main.focus();
  });
}

setupSkipLink();
addEventListener("hashchange", () => route().then(focusHeading));
await route();
startTimeline(handleCall, refresh);
