/** The navigation: accounts and regions, their pools, identities and datasets. */

import { get } from "./api.js";
import { button, count, h, name, plural, render, shorten, shortId } from "./dom.js";
import { link } from "./routes.js";

const PAGE_SIZE = 50; // identities
const FILTER_DELAY = 200; // milliseconds

let place = {};
let offset = 0;
let filterTimer = 0;
let requests = 0;

const filter = h("input", {
  type: "search",
  id: "tree-filter",
  placeholder: "Pool, identity, login or dataset",
  oninput: applyFilter,
});
const list = h("div");

document.getElementById("tree").append(
  h("h2", { id: "tree-title" }, "Identity pools"),
  h("div.field", {}, h("label", { for: "tree-filter" }, "Filter"), filter),
  list,
);

function applyFilter() {
  clearTimeout(filterTimer);
  offset = 0;
  filterTimer = setTimeout(() => showTree(place), FILTER_DELAY);
}

function turnPage(first) {
  offset = first;
  return showTree(place);
}

/**
 * Show the tree with the place of the current view opened.
 * @param {import("./routes.js").Place} current
 */
export async function showTree(current) {
  if (current.identity_pool_id !== place.identity_pool_id) offset = 0;
  place = current;
  const { account_id, region, identity_pool_id, identity_id } = place;
  const pool = { account_id, region, identity_pool_id };
  const request = (requests += 1);
  const [overview, page, identity] = await Promise.all([
    get("overview", { filter: filter.value }),
    identity_pool_id && find("identities", { ...pool, filter: filter.value, offset, limit: PAGE_SIZE }),
    identity_id && find("identity", { ...pool, identity_id }),
  ]);
  if (request !== requests) return; // there is a newer one
  document.getElementById("version").textContent = overview.version;
  render(list, renderPlaces(overview.pools, page, identity));
}

/** Return what the server found; null if it does not exist. */
async function find(path, parameters) {
  try {
    return await get(path, parameters);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

function renderPlaces(pools, page, identity) {
  if (!pools.length) return h("p.hint", {}, filter.value ? "Nothing matches." : "There are no identity pools.");
  const places = Map.groupBy(pools, (each) => `${each.account_id} ${each.region}`);
  return [...places.values()].map((group) => [
    h("h3", {}, group[0].region, h("span.hint", {}, ` account ${group[0].account_id}`)),
    h("ul", {}, group.map((each) => renderPool(each, page, identity))),
  ]);
}

function renderPool(pool, page, identity) {
  const { account_id, region, IdentityPoolId, IdentityPoolName, MatchingIdentityCount } = pool;
  const target = { account_id, region, identity_pool_id: IdentityPoolId };
  const isOpen = page && IdentityPoolId === place.identity_pool_id && account_id === place.account_id;
  const identities = plural(MatchingIdentityCount, filter.value ? "matching identity" : "identity");
  return h(
    "li",
    {},
    entry("pool", target, name(IdentityPoolName), identities),
    isOpen && renderIdentities(target, page, identity),
  );
}

function renderIdentities(pool, { total, identities }, open) {
  const shown = identities.map((each) => (each.IdentityId === open?.IdentityId ? { ...each, ...open } : each));
  if (open && !shown.some((each) => each.Datasets)) shown.unshift(open);
  const last = Math.min(offset + PAGE_SIZE, total);
  return [
    h("ul", {}, shown.map((each) => renderIdentity(pool, each))),
    total > PAGE_SIZE &&
      h(
        "p.pager",
        {},
        button("Previous", () => turnPage(offset - PAGE_SIZE), { disabled: offset === 0 }),
        h("span", {}, `${count(offset + 1)}–${count(last)} of ${count(total)}`),
        button("Next", () => turnPage(offset + PAGE_SIZE), { disabled: last === total }),
      ),
  ];
}

function renderIdentity(pool, { IdentityId, Logins, DatasetCount, Datasets }) {
  const target = { ...pool, identity_id: IdentityId };
  const user = Logins.length > 0 && [" ", h("span.hint", {}, name(shorten(Logins[0].User, 40)))];
  return h(
    "li",
    {},
    entry("identity", target, [shortId(IdentityId), user], plural(DatasetCount, "dataset")),
    Datasets?.length > 0 && h("ul", {}, Datasets.map((each) => renderDataset(target, each))),
  );
}

function renderDataset(identity, { DatasetName, DatasetExists, NumRecords }) {
  const target = { ...identity, dataset_name: DatasetName };
  const records = DatasetExists ? plural(NumRecords, "record") : "deleted";
  return h("li", {}, entry("dataset", target, name(DatasetName), records));
}

function entry(view, target, title, note) {
  const href = link(view, target);
  const current = href === location.hash && "page";
  return h("a", { href, "aria-current": current, "data-key": href }, h("span", {}, title), " ", h("span.count", {}, note));
}
