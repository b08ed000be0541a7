/** Simulated failures: errors, delays and dropped connections. */

import { get, post, remove } from "./api.js";
import { field, openDialog, run } from "./actions.js";
import { button, h, name, table } from "./dom.js";

const DROP = "drop the connection";
const DELAY = "only delay";
const THROTTLE = "TooManyRequestsException";

export async function load() {
  const [{ faults }, { operations }] = await Promise.all([get("faults"), get("operations")]);
  return { faults, operations };
}

export const touchedBy = () => true; // any call may be one that fails

export function show({ faults, operations }, _place, refresh) {
  return [
    h("h1", {}, "Simulated failures"),
    h("p", {}, "Make the next calls of an operation fail, to see how your app handles it."),
    h("p.buttons", {}, button("Simulate a failure", () => simulate(operations, refresh), { class: "primary" })),
    faults.length
      ? [
          table("Active failures", ["Operation", "Failure", "Affected calls", "Only for", "Action"], faults.map((each) => row(each, refresh))),
          h("p.buttons", {}, button("Stop all", () => stop("faults", refresh))),
        ]
      : h("p.hint", {}, "No failure is active."),
  ];
}

function row(fault, refresh) {
  const { id, operation, error, delay, drop_connection, times, count } = fault;
  const failure = [drop_connection ? DROP : error, delay > 0 && `delay of ${delay} s`].filter(Boolean).join(", ");
  const scope = [fault.dataset_name, fault.identity_id, fault.identity_pool_id].filter(Boolean);
  return h(
    "tr",
    {},
    h("td", {}, operation === "*" ? "All operations" : operation),
    h("td", {}, failure),
    h("td", {}, times ? `${count} of ${times}` : count),
    h("td", {}, scope.length ? scope.map((each) => [name(each), " "]) : "–"),
    h("td", {}, button("Stop", () => stop(`faults/${id}`, refresh), { "data-key": `stop-${id}`, "aria-label": `Stop failure of ${operation}` })),
  );
}

function stop(path, refresh) {
  return run(() => remove(path).then(refresh), "Stopped.");
}

/** Ask for a failure, and start it. */
function simulate(operations, refresh) {
  const option = (value, text = value) => h("option", { value }, text);
  const failure = h("select", { name: "failure" });
  const operation = h(
    "select",
    { name: "operation", onchange: showFailures },
    Object.keys(operations).map((each) => option(each, each === "*" ? "All operations" : each)),
  );
  operation.value = "UpdateRecords";
  function showFailures() {
    const errors = operations[operation.value];
    failure.replaceChildren(...[...errors, DROP, DELAY].map((each) => option(each)));
    failure.value = errors.includes(THROTTLE) ? THROTTLE : errors[0];
  }
  showFailures();
  openDialog({
    title: "Simulate a failure",
    content: [
      field("Operation", operation),
      field("Failure", failure),
      field("Number of calls", h("input", { type: "number", name: "times", min: 1, value: 1 }), "Leave empty to affect all calls until you stop it."),
      field("Delay in seconds", h("input", { type: "number", name: "delay", min: 0, max: 3600, step: "any", value: 0 })),
    ],
    label: "Start",
    submit: (values) => start(values).then(refresh),
    done: "Started. The next calls of the operation are affected.",
  });
}

function start({ operation, failure, times, delay }) {
  const isError = failure !== DROP && failure !== DELAY;
  return post("faults", {
    operation,
    error: isError ? failure : null,
    drop_connection: failure === DROP,
    times: times ? Number(times) : null,
    delay: Number(delay),
  });
}
