/** Export, import and reset the state of the server. */

import { put, reset } from "./api.js";
import { confirmAction, field, openDialog } from "./actions.js";
import { button, h } from "./dom.js";

export const load = async () => ({});

export function show() {
  return [
    h("h1", {}, "State"),
    h("h2", {}, "Export"),
    h("p", {}, "Download all pools, identities and datasets as JSON. The server can load the file again."),
    h("p", {}, h("a.button", { href: "/moto-api/cognito-sync/state", download: "cognito-sync-state.json" }, "Export state")),
    h("h2", {}, "Import"),
    h("p", {}, "Replace all pools with those in a state file."),
    h("p", {}, button("Import state", importState)),
    h("h2", {}, "Reset"),
    h("p", {}, "Delete the data of all services, and stop all failures."),
    h("p", {}, button("Reset the server", resetServer, { class: "danger" })),
  ];
}

function importState() {
  const file = h("input", { type: "file", name: "file", accept: ".json,application/json", required: true });
  openDialog({
    title: "Import state",
    content: [h("p", {}, "This replaces all identity pools and their data."), field("State file (JSON)", file)],
    label: "Replace the state",
    submit: async (values) => put("state", await values.file.text()),
    done: "Imported the state.",
    isDestructive: true,
  });
}

function resetServer() {
  confirmAction({
    title: "Reset the server?",
    content: "This deletes the data of all services, and stops all failures.",
    label: "Reset",
    submit: reset,
    done: "Reset the server.",
  });
}
