/** Shows messages, and dialogs that ask for input or confirmation. */

import { h } from "./dom.js";

const STATUS_TIME = 8000; // milliseconds
const alerts = document.getElementById("alerts");
const status = document.getElementById("status");
let statusTimer = 0;

/** Show an error until it is dismissed or another page is opened. */
export function showError(error) {
  const message = h("p.alert", {}, h("span.text", {}, error.message));
  message.append(closeButton(() => message.remove()));
  alerts.replaceChildren(message);
}

/** Show for some seconds that an action succeeded. */
export function showStatus(text) {
  clearMessages();
  status.append(h("span", {}, text), closeButton(clearStatus));
  statusTimer = setTimeout(clearStatus, STATUS_TIME);
}

function clearStatus() {
  clearTimeout(statusTimer);
  status.replaceChildren();
}

export function clearMessages() {
  alerts.replaceChildren();
  clearStatus();
}

const closeButton = (onclick) => h("button", { type: "button", onclick }, "Close");

/** Run an action that needs no dialog. */
export async function run(action, done) {
  try {
    await action();
    showStatus(done);
  } catch (error) {
    showError(error);
  }
}

/**
 * Open a dialog with a form.
 * @param {Object} options
 * @param {any} options.title text or nodes
 * @param {any} options.content nodes
 * @param {string} options.label of the button that submits the form
 * @param {(values: Object<string, any>) => Promise} options.submit its errors appear in the dialog
 * @param {string} options.done message after success
 * @param {boolean} [options.isDestructive]
 */
export function openDialog({ title, content, label, submit, done, isDestructive = false }) {
  const error = h("div", { role: "alert" });
  const confirm = h(isDestructive ? "button.danger" : "button.primary", { type: "submit" }, label);
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const form = h("form", {}, content, error, h("p.buttons", {}, cancel, confirm));
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() }, heading, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.replaceChildren();
    confirm.disabled = true;
    try {
      await submit(Object.fromEntries(new FormData(form)));
      dialog.close();
      showStatus(done);
    } catch (raised) {
      error.append(h("p.alert", {}, h("span.text", {}, raised.message)));
      confirm.disabled = false;
    }
  });
  document.getElementById("dialogs").append(dialog);
  dialog.showModal();
}

/** Ask for confirmation before a destructive action. */
export const confirmAction = (options) =>
  openDialog({ ...options, content: h("p", {}, options.content), isDestructive: true });

let lastId = 0;

/** An input with its label; `control` is a function of the id. */
export function field(label, control, hint = null) {
  const id = `field-${(lastId += 1)}`;
  const hintId = `${id}-hint`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", hintId);
  return h("div.field", {}, h("label", { for: id }, label), control, hint && h("p.hint", { id: hintId }, hint));
}
