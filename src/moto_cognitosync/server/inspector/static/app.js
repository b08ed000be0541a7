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
let treePlace = {};
let shownData = "";

/** Show the view that the URL names. */
async function route() {
  const requested = parse(location.hash);
  current = requested;
  shownData = "";
  clearMessages();
  refreshTree().catch(showError);
  if (current.view === "walkthrough") {
    const { renderWalkthrough } = await import("./walkthrough.js");
    if (requested !== current) return;
    container.replaceChildren();
    renderWalkthrough(container);
  } else {
    await refreshView().catch(showError);
    if (requested !== current) return;
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
    if (error.status !== 404 && error.status !== 400) throw error;
    if (requested === current) showMissing(error.message);
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

/**
 * Return a function that runs an action after a delay, once for all calls meanwhile. If it
 * is called while the action runs, the action runs again, because data may have changed.
 */
function debounce(action, delay) {
  let isBusy = false;
  let isCalled = false;
  const start = () => {
    isCalled = true;
    if (isBusy) return;
    isBusy = true;
    setTimeout(run, delay);
  };
  const run = async () => {
    isCalled = false;
    await action().catch(showUnlessOffline);
    isBusy = false;
    if (isCalled) start();
  };
  return start;
}

/** Show an error, unless the list of calls already shows that the server is offline. */
function showUnlessOffline(error) {
  if (error.status !== 0) showError(error);
}

/** Show the place of the view in the tree, or the last one if the view has none. */
function refreshTree() {
  if (current.place.identity_pool_id || current.view === "") treePlace = current.place;
  return showTree(treePlace);
}

const refreshViewSoon = debounce(refreshView, VIEW_DELAY);
const refreshTreeSoon = debounce(refreshTree, TREE_DELAY);

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
