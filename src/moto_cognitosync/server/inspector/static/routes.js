/** Links between the views: the hash of the URL names the view and what it shows. */

import { h, identityName, name } from "./dom.js";

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

/** The place of a pool from the control API. */
export const poolPlace = ({ account_id, region, IdentityPoolId }) => ({ account_id, region, identity_pool_id: IdentityPoolId });

/** The members of an object that name a place. */
export const placeOf = (object) => Object.fromEntries(PLACE.map((each) => [each, object[each]]));

/** Links to what contains the view: all pools, and those that are given. */
export const trail = (...links) =>
  h(
    "nav.trail",
    { "aria-label": "Parents" },
    h("a", { href: "#/" }, "Pools"),
    links.map((each) => [h("span.hint", { "aria-hidden": "true" }, "›"), each]),
  );

export const poolLink = (place, poolName) => h("a", { href: link("pool", place) }, name(poolName));

export const identityLink = (place, user) =>
  h("a", { href: link("identity", place) }, identityName(place.identity_id, user));

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
