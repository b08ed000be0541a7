/** One dataset: its counts, and its records with those that were removed. */

import { deleteDataset, get, writeAsAnotherDevice } from "./api.js";
import { confirmAction, field, openDialog } from "./actions.js";
import { button, bytes, count, date, facts, h, longText, name, shortId, table, value } from "./dom.js";
import { expireSessions } from "./pool.js";
import { identityLink, link, poolLink, trail } from "./routes.js";
import { scrollToNewest } from "./timeline.js";

const COLUMNS = ["Key", "Value", "SyncCount", "Size", "Modified by", "Modified", "Modified on device", "Actions"];

const MAX_KEY = 100; // characters that are shown at first

export const load = (place) => get("dataset", place);

let shown = { href: "", counts: new Map() }; // SyncCounts by key, to find changes
let writtenKey = null; // of the record to show once it has changed

export function show(dataset, place) {
  const { DatasetName, DatasetExists, IdentityPoolName, User, Records } = dataset;
  const href = link("dataset", place);
  const isChanged = (each) => shown.href === href && shown.counts.get(each.Key) !== each.SyncCount;
  const rows = Records.map((each) => row(each, place, isChanged(each)));
  showWritten(rows.find((row, i) => row.matches(".changed") && Records[i].Key === writtenKey));
  shown = { href, counts: new Map(Records.map((each) => [each.Key, each.SyncCount])) };
  return [
    trail(poolLink(place, IdentityPoolName), identityLink(place, User)),
    h("h1", {}, "Dataset ", name(DatasetName), !DatasetExists && [" ", h("span.tag", {}, "deleted")]),
    h(
      "p.buttons",
      {},
      button("Write as another device", () => write(place), { class: "primary" }),
      button("Expire sync sessions", () => expireSessions(place)),
      button("Delete dataset", () => confirmDeletion(place), { class: "danger", disabled: !DatasetExists }),
    ),
    facts({
      SyncCount: h("strong", {}, dataset.DatasetSyncCount),
      "SyncCount at deletion": dataset.SyncCountAtDeletion || null,
      Records: [usage("Records", dataset.NumRecords, dataset.MaxRecords, count), describeRemoved(Records)],
      Data: usage("Data", dataset.DataStorage, dataset.MaxBytes, bytes),
      "Created (UTC)": dataset.CreationDate && date(dataset.CreationDate),
      "Modified (UTC)": date(dataset.LastModifiedDate),
      "Merged datasets": dataset.MergedDatasetNames.map((each) => [name(each), " "]),
      "Subscribed devices": dataset.SubscribedDevices.map((each) => [name(each), " "]),
    }),
    rows.length ? [table("Records", COLUMNS, rows, "stacked"), h("p.hint", {}, "All dates are in UTC.")] : h("p.hint", {}, "There are no records."),
  ];
}

function describeRemoved(records) {
  const removed = records.filter((each) => each.Value === null).length;
  return removed > 0 && ` (${count(removed)} removed)`;
}

/** Scroll to the row of the record that was written, and to the call. */
function showWritten(row) {
  if (!row) return;
  writtenKey = null;
  requestAnimationFrame(() => row.scrollIntoView({ block: "center" }));
  scrollToNewest();
}

function usage(label, used, max, format) {
  return [h("meter", { min: 0, max, value: used, "aria-label": label }), ` ${format(used)} of ${format(max)}`];
}

function row(record, place, isChanged) {
  const { Key, Value, SyncCount, LastModifiedBy } = record;
  const isRemoved = Value === null;
  const key = Key.length > MAX_KEY ? longText(Key, MAX_KEY) : name(Key);
  const edit = button("Edit", () => write(place, record), labels("Edit", Key));
  const remove = button("Remove", () => confirmRemoval(place, Key), labels("Remove", Key));
  const classes = `${isRemoved ? ".removed" : ""}${isChanged ? ".changed" : ""}`;
  return h(
    `tr${classes}`,
    {},
    h("th", { scope: "row" }, h(isRemoved ? "del" : "span", {}, key)),
    h("td", {}, isRemoved ? h("span.tag", {}, "removed") : value(Value)),
    h("td.number", {}, SyncCount, isChanged && [" ", h("span.tag.new", {}, "changed")]),
    h("td.number", {}, bytes(record.Size)),
    h("td", {}, shortId(LastModifiedBy)),
    h("td", {}, date(record.LastModifiedDate)),
    h("td", {}, date(record.DeviceLastModifiedDate)),
    h("td", {}, h("div.buttons", {}, edit, !isRemoved && remove)),
  );
}

/** Attributes that tell the buttons of records apart. */
const labels = (action, key) => ({ "data-key": `${action} ${key}`, "aria-label": `${action} ${key}` });

const DEVICE = "another-device";
const EFFECT = "If the app writes this record without reading it first, it gets a conflict.";

function writeRecord(place, deviceId, key, value) {
  writtenKey = key;
  return writeAsAnotherDevice(place, deviceId, [{ key, value }]);
}

/** Ask for a record, or for a new value of a record, and write it. */
function write(place, record = null) {
  // An input cannot contain all keys, so the key of an existing record is not read from it.
  const key = h("input", record ? { value: record.Key, readonly: true } : { name: "key", required: true });
  const device = h("input", { name: "device", value: DEVICE, required: true });
  const value = h("textarea", { name: "value", rows: 6 });
  value.value = record?.Value ?? "";
  openDialog({
    title: record ? ["Write ", name(record.Key), " as another device"] : "Write as another device",
    content: [h("p", {}, EFFECT), field("Key", key), field("Value", value), field("Device", device)],
    label: "Write",
    submit: (values) => writeRecord(place, values.device, record?.Key ?? values.key, values.value),
    done: "Written as another device.",
  });
}

function confirmRemoval(place, key) {
  confirmAction({
    title: "Remove the record?",
    content: ["This removes ", name(key), " as another device. ", EFFECT],
    label: "Remove",
    submit: () => writeRecord(place, DEVICE, key, null),
    done: "Removed as another device.",
  });
}

function confirmDeletion(place) {
  confirmAction({
    title: "Delete the dataset?",
    content: ["This deletes ", name(place.dataset_name), " with all its records, as the app would with DeleteDataset."],
    label: "Delete",
    submit: () => deleteDataset(place),
    done: "Deleted the dataset.",
  });
}
