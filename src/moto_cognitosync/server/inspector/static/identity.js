/** One identity: logins, datasets and devices. */

import { get, post } from "./api.js";
import { field, openDialog } from "./actions.js";
import { button, bytes, date, facts, h, name, table, userName } from "./dom.js";
import { devicesTable } from "./pool.js";
import { link, poolLink, trail } from "./routes.js";

export const load = (place) => get("identity", place);

export function show(identity, place) {
  const { Logins, Datasets, Devices, MergedInto } = identity;
  const merged = MergedInto && link("identity", { ...place, identity_id: MergedInto });
  return [
    trail(poolLink(place, identity.IdentityPoolName)),
    h("h1", {}, "Identity ", name(identity.IdentityId), Logins.length > 0 && [" ", userName(Logins[0].User)]),
    h("p.buttons", {}, button("Merge into another identity", () => merge(place), { disabled: !identity.IsEnabled })),
    facts({
      Status: identity.IsEnabled ? null : "disabled",
      "Merged into": merged && h("a", { href: merged }, name(MergedInto)),
      "Created (UTC)": date(identity.CreationDate),
      "Modified (UTC)": date(identity.LastModifiedDate),
      "Credentials expire (UTC)": identity.CredentialsExpiration
        ? date(identity.CredentialsExpiration)
        : "no recorded call issued any",
      Data: bytes(identity.DataStorage),
    }),
    h("h2", {}, "Logins"),
    Logins.length
      ? table("Logins", ["Provider", "User"], Logins.map((each) => h("tr", {}, h("td", {}, name(each.Provider)), h("td", {}, name(each.User)))))
      : h("p.hint", {}, "None: the identity is unauthenticated."),
    h("h2", {}, "Datasets"),
    Datasets.length
      ? table("Datasets", ["Name", "SyncCount", "Records", "Data", "Modified (UTC)", "Modified by"], Datasets.map((each) => row(each, place)))
      : h("p.hint", {}, "None."),
    h("h2", {}, "Devices registered for push sync"),
    Devices.length ? devicesTable(Devices) : h("p.hint", {}, "None."),
  ];
}

function row(dataset, place) {
  const { DatasetName, DatasetExists } = dataset;
  const href = link("dataset", { ...place, dataset_name: DatasetName });
  return h(
    "tr",
    {},
    h("td", {}, h("a", { href, "data-key": href }, name(DatasetName)), !DatasetExists && [" ", h("span.tag", {}, "deleted")]),
    h("td.number", {}, dataset.DatasetSyncCount),
    h("td.number", {}, dataset.NumRecords),
    h("td.number", {}, bytes(dataset.DataStorage)),
    h("td", {}, date(dataset.LastModifiedDate)),
    h("td", {}, dataset.LastModifiedBy ? name(dataset.LastModifiedBy) : "–"),
  );
}

function merge(place) {
  const { region, identity_id } = place;
  openDialog({
    title: "Merge into another identity",
    content: [
      h("p", {}, "Moves the logins and datasets of this identity to another one, and disables this one."),
      field("Id of the other identity", h("input", { name: "into", required: true, placeholder: `${region}:…` })),
    ],
    label: "Merge",
    submit: ({ into }) => post("merge", { source: identity_id, into: into.trim() }),
    done: "Merged the identities.",
    isDestructive: true,
  });
}
