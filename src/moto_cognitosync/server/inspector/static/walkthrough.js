/** A walk-through for newcomers: two devices play a conflict, step by step. */

import { h, render } from "./dom.js";
import { makeSteps } from "./walkthrough-steps.js";

const REGION = "us-east-1";
const POOL_KEY = "walk-through-pool"; // in the session storage
const SHORT = 48; // characters of a session token that are shown

/** The devices, the cloud and the latest calls, as they are after a step. */
const EMPTY = {
  phone: { count: null, records: {}, rejected: null },
  tablet: { count: null, records: {}, rejected: null },
  cloud: null, // the dataset as ListRecords would return it
  calls: [],
};

/** Makes the calls of the walk-through. */
class Session {
  state = structuredClone(EMPTY);
  #poolId;
  #path;
  #tokens = {};

  async createUser() {
    const pool = await this.#callIdentity("CreateIdentityPool", {
      IdentityPoolName: "walk-through",
      AllowUnauthenticatedIdentities: true,
    });
    this.#poolId = pool.IdentityPoolId;
    sessionStorage.setItem(POOL_KEY, this.#poolId);
    const { IdentityId } = await this.#callIdentity("GetId", { IdentityPoolId: this.#poolId });
    this.#path = `/identitypools/${this.#poolId}/identities/${IdentityId}/datasets/settings`;
  }

  async listRecords(device) {
    const known = this.state[device];
    const query = known.count === null ? "" : `?lastSyncCount=${known.count}`;
    const listed = await this.#callSync(device, "ListRecords", "GET", `/records${query}`);
    this.#tokens[device] = listed.SyncSessionToken;
    known.count = listed.DatasetSyncCount;
    for (const each of listed.Records) merge(known.records, each);
  }

  async updateRecords(device, patch) {
    const result = await this.#callSync(device, "UpdateRecords", "POST", "", {
      SyncSessionToken: this.#tokens[device],
      RecordPatches: [patch],
    });
    const known = this.state[device];
    known.rejected = result ? null : { value: patch.Value, count: patch.SyncCount };
    if (!result) return;
    const [record] = result.Records;
    merge(known.records, record);
    known.count = record.SyncCount;
    this.state.cloud = { count: record.SyncCount, records: { [record.Key]: record } };
  }

  async deletePool() {
    await this.#callIdentity("DeleteIdentityPool", { IdentityPoolId: this.#poolId });
    sessionStorage.removeItem(POOL_KEY);
    this.state = { ...structuredClone(EMPTY), calls: this.state.calls };
  }

  /** Delete the pool that an unfinished walk-through has left, if any. */
  static async cleanUp() {
    const IdentityPoolId = sessionStorage.getItem(POOL_KEY);
    sessionStorage.removeItem(POOL_KEY);
    if (!IdentityPoolId) return;
    const session = new Session();
    await session.#callIdentity("DeleteIdentityPool", { IdentityPoolId }).catch(() => {});
  }

  #callIdentity(operation, input) {
    const headers = {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityService.${operation}`,
    };
    return this.#send("backend", operation, "POST", "/", headers, input);
  }

  #callSync(device, operation, method, path, input) {
    const headers = { "Content-Type": "application/json" };
    return this.#send(device, operation, method, this.#path + path, headers, input);
  }

  /**
   * Send a request, and add it to the calls.
   * @returns {Promise<?Object>} the content of the response; null for a conflict
   * @throws {Error} for any other error
   */
  async #send(caller, operation, method, url, headers, input) {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...sign(caller, operation) },
      body: input && JSON.stringify(input),
    });
    const text = await response.text();
    const error = response.headers.get("x-amzn-ErrorType")?.split(":")[0];
    this.state.calls.push({ caller, operation, status: response.status, error, text });
    if (response.ok) return text && JSON.parse(text);
    if (error === "ResourceConflictException") return null;
    throw new Error(`${operation} failed with status ${response.status}: ${text}`);
  }
}

/** Return the header that names the caller. The server does not check signatures. */
function sign(caller, operation) {
  if (operation === "GetId") return {}; // the SDKs do not sign it
  const service = caller === "backend" ? "cognito-identity" : "cognito-sync";
  const scope = `${caller}/20140630/${REGION}/${service}/aws4_request`;
  return { Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` };
}

/** Add a record to those that a device knows, or remove it if it is a tombstone. */
function merge(records, record) {
  if (record.Value == null) delete records[record.Key];
  else records[record.Key] = record;
}

/** The progress of the walk-through, which remains while other views are open. */
class Walkthrough {
  steps = makeSteps(location.origin);
  current = 0; // the number of the step that is shown
  error = null;
  #session = new Session();
  #states = [structuredClone(EMPTY)]; // after each step that has run
  #isBusy = false;

  get state() {
    return this.#states[this.current];
  }

  get stateBefore() {
    return this.#states[this.current - 1] ?? EMPTY;
  }

  back() {
    this.current = Math.max(0, this.current - 1);
    this.error = null;
  }

  /** Go to the next step. Run it, unless it has already run. */
  next() {
    return this.#once(async () => {
      if (this.current + 1 === this.steps.length) return;
      if (this.current + 1 === this.#states.length) {
        this.#session.state.calls = [];
        await this.steps[this.current + 1].run(this.#session);
        this.#states.push(structuredClone(this.#session.state));
      }
      this.current += 1;
    });
  }

  restart() {
    return this.#once(async () => {
      await Session.cleanUp();
      this.current = 0;
      this.#session = new Session();
      this.#states = [structuredClone(EMPTY)];
    });
  }

  /** Run one action at a time, however fast the buttons are pressed. */
  async #once(action) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.error = null;
    try {
      await action();
    } catch (error) {
      this.error = error.message;
    } finally {
      this.#isBusy = false;
    }
  }
}

let walkthrough = null;

/**
 * Show the walk-through.
 * @param {HTMLElement} container
 */
export function renderWalkthrough(container) {
  walkthrough ??= new Walkthrough();
  const story = h("div.walkthrough-story", { "aria-live": "polite" });
  const details = h("div");
  const button = (label, act) =>
    h("button", { type: "button", onclick: () => Promise.resolve(act()).then(show) }, label);
  const back = button("Back", () => walkthrough.back());
  const next = button("Next", () => walkthrough.next());
  const restart = button("Restart", () => walkthrough.restart());
  const group = { role: "group", "aria-label": "Steps" };

  function show() {
    const { current, steps } = walkthrough;
    // A disabled button would lose the focus.
    back.setAttribute("aria-disabled", current === 0);
    next.setAttribute("aria-disabled", current === steps.length - 1);
    render(story, tellStory(walkthrough));
    render(details, describeStep(walkthrough));
  }

  next.classList.add("primary");
  render(
    container,
    h("h1", {}, "Walk-through"),
    h("div.walkthrough-buttons", group, back, next, restart),
    story,
    details,
  );
  show();
}

function tellStory({ current, steps, error }) {
  const { title, text } = steps[current];
  return [
    h("h2", {}, title),
    h("p.walkthrough-progress", {}, `Step ${current + 1} of ${steps.length}`),
    error && h("p.walkthrough-error", {}, `${error} To start again, select Restart.`),
    text.map((each) => h("p", {}, each)),
    current === steps.length - 1 && h("p", {}, h("a.button", { href: "#/" }, "Finish")),
  ];
}

function describeStep({ current, steps, state, stateBefore }) {
  const { python, javascript } = steps[current];
  const isLast = current === steps.length - 1;
  return [
    current > 0 && !isLast && describeState(state, stateBefore),
    state.calls.map(describeCall),
    describeCode("Python (boto3)", python),
    describeCode("JavaScript (AWS SDK v3)", javascript),
    isLast && [
      describeCode("All steps in Python", joinCode(steps, "python")),
      describeCode("All steps in JavaScript", joinCode(steps, "javascript")),
    ],
  ];
}

const joinCode = (steps, language) => steps.map((each) => each[language]).join("\n");

// --- State ---

function describeState(state, before) {
  return h(
    "div.walkthrough-state",
    {},
    describePlace("Phone", state.phone, before.phone),
    describePlace("Cloud", state.cloud, before.cloud),
    describePlace("Tablet", state.tablet, before.tablet),
  );
}

function describePlace(title, place, before) {
  const isChanged = JSON.stringify(place) !== JSON.stringify(before);
  const section = h("section", { "aria-label": title }, h("h3", {}, title));
  if (isChanged) section.classList.add("changed");
  if (place === null) section.append(h("p", {}, "The dataset does not exist yet."));
  else if (place.count === null) section.append(h("p", {}, "Has not read the dataset yet."));
  else section.append(...describeRecords(place));
  return section;
}

function describeRecords({ count, records, rejected }) {
  const head = ["Key", "Value", "Count"].map((each) => h("th", { scope: "col" }, each));
  const rows = Object.values(records).map(({ Key, Value, SyncCount }) =>
    h("tr", {}, [Key, Value ?? h("em", {}, "removed"), SyncCount].map((each) => h("td", {}, each))),
  );
  return [
    h("p", {}, "Sync count: ", h("strong", {}, count)),
    rows.length
      ? h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows))
      : h("p", {}, "No records"),
    rejected &&
      h("p.walkthrough-error", {}, `Rejected: theme = ${rejected.value}, sent with the count ${rejected.count}`),
  ].filter(Boolean);
}

// --- Calls and code ---

function describeCall({ caller, operation, status, error, text }) {
  const result = error ? `${status} ${error}` : status;
  const content = text ? JSON.stringify(JSON.parse(text), shortenToken, 2) : "(no content)";
  return [
    h("h3", {}, `${operation} by the ${caller}: ${result}`),
    describeText(`Response to ${operation}`, content),
  ];
}

const shortenToken = (name, value) =>
  name === "SyncSessionToken" ? `${value.slice(0, SHORT)}…` : value;

function describeCode(title, code) {
  const text = describeText(title, code);
  const copied = h("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      copied.textContent = "Copied";
    } catch {
      // Browsers allow it only on HTTPS and on loopback addresses.
      getSelection().selectAllChildren(text);
      copied.textContent = "Selected, but the browser does not allow pages to copy";
    }
  };
  const button = h("button", { type: "button", "aria-label": `Copy: ${title}`, onclick: copy }, "Copy");
  return [h("div.walkthrough-code", {}, h("h3", {}, title), button, copied), text];
}

/** A text that can be scrolled with the keyboard. */
const describeText = (title, text) =>
  h("pre", { tabindex: 0, role: "region", "aria-label": title }, text);
