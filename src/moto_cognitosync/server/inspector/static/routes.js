/** Links between the views: the hash of the URL names the view and what it shows. */

import { h, name } from "./dom.js";

const PLACE = ["account_id", "region", "identity_pool_id", "identity_id", "dataset_name"];
const LENGTHS = { pool: 3, identity: 4, dataset: 5 };

/**
 * @typedef {Object} Place what a view shows; named like parameters of the control API
 * @property {string} [account_id]
 * @property {string} [region]
 * @property {string} [identity_pool_id]
 * @property {string} [identity_id]
 * @property {string} [dataset_name]
 * @property {string} [number] of a call
 */

/** @param {Place} place */
export function link(view, place = {}) {
  const parts = view === "call" ? [place.number] : PLACE.slice(0, LENGTHS[view]).map((each) => place[each]);
  return `#/${[view, ...parts].map(encodeURIComponent).join("/")}`;
}

/** Links to the pool of a place, and to its identity if it has one. */
export const trail = (place, ...views) =>
  h(
    "nav.trail",
    { "aria-label": "Parents" },
    views.map((view) => h("a", { href: link(view, place) }, name(place[view === "pool" ? "identity_pool_id" : "identity_id"]))),
  );

/**
 * @param {string} hash
 * @returns {{view: string, place: Place}}
 */
export function parse(hash) {
  let [view, ...parts] = [""];
  try {
    [view, ...parts] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  } catch {
    return { view: "unknown", place: {} };
  }
  if (view === "call") return { view, place: { number: parts[0] } };
  return { view, place: Object.fromEntries(parts.map((each, i) => [PLACE[i], each])) };
}
