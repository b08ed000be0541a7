/** The navigation: accounts and regions, their pools, identities and datasets. */

import { get } from "./api.js";
import { h, identityName, name, pager, plural, render } from "./dom.js";
import { link, poolPlace } from "./routes.js";

const PAGE_SIZE = 50; // identities
const MAX_OPENED = 3; // pools that a filter opens
const FILTER_DELAY = 200; // milliseconds

let place = {};
let offsets = new Map(); // of the shown pages, by the link of the pool
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
  offsets = new Map();
  filterTimer = setTimeout(() => showTree(place), FILTER_DELAY);
}

function turnPage(pool, offset) {
  offsets.set(link("pool", pool), offset);
  return showTree(place);
}

/**
 * Show the tree with the place of the current view opened, and all pools if few match the
 * filter.
 * @param {import("./routes.js").Place} current
 */
export async function showTree(current) {
  if (current.identity_pool_id !== place.identity_pool_id) offsets = new Map();
  place = current;
  const { account_id, region, identity_pool_id, identity_id } = place;
  const request = (requests += 1);
  const [{ version, pools }, identity] = await Promise.all([
    get("overview", { filter: filter.value }),
    identity_id && find("identity", { account_id, region, identity_pool_id, identity_id }),
  ]);
  const opensAll = filter.value && pools.length <= MAX_OPENED;
  const pages = await Promise.all(pools.map((each) => (opensAll || isCurrent(each)) && findIdentities(each)));
  if (request !== requests) return; // there is a newer one
  document.getElementById("version").textContent = version;
  render(list, renderPlaces(pools.map((each, i) => ({ ...each, page: pages[i] })), identity));
}

const isCurrent = (pool) =>
  pool.IdentityPoolId === place.identity_pool_id && pool.account_id === place.account_id;

function findIdentities(pool) {
  const target = poolPlace(pool);
  const offset = offsets.get(link("pool", target)) ?? 0;
  return find("identities", { ...target, filter: filter.value, offset, limit: PAGE_SIZE });
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

function renderPlaces(pools, identity) {
  if (!pools.length) return h("p.hint", {}, filter.value ? "Nothing matches." : "There are no identity pools.");
  const places = Map.groupBy(pools, (each) => `${each.account_id} ${each.region}`);
  return [...places.values()].map((group) => [
    h("h3", {}, group[0].region, h("span.hint", {}, ` account ${group[0].account_id}`)),
    h("ul", {}, group.map((each) => renderPool(each, identity))),
  ]);
}

function renderPool(pool, identity) {
  const { IdentityPoolName, MatchingIdentityCount, page } = pool;
  const target = poolPlace(pool);
  const identities = plural(MatchingIdentityCount, filter.value ? "matching identity" : "identity");
  return h(
    "li",
    {},
    entry("pool", target, name(IdentityPoolName), identities),
    page && renderIdentities(target, page, isCurrent(pool) ? identity : null),
  );
}

function renderIdentities(pool, { total, offset, identities }, open) {
  const shown = identities.map((each) => (each.IdentityId === open?.IdentityId ? { ...each, ...open } : each));
  if (open && !shown.some((each) => each.Datasets)) shown.unshift(open);
  return [
    h("ul", {}, shown.map((each) => renderIdentity(pool, each))),
    pager(offset, PAGE_SIZE, total, (first) => turnPage(pool, first)),
  ];
}

function renderIdentity(pool, { IdentityId, Logins, DatasetCount, Datasets }) {
  const target = { ...pool, identity_id: IdentityId };
  return h(
    "li",
    {},
    entry("identity", target, identityName(IdentityId, Logins[0]?.User), plural(DatasetCount, "dataset")),
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
