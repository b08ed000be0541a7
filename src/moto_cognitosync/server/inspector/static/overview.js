/** The start page: all identity pools, or how to connect an app. */

import { get } from "./api.js";
import { bytes, count, h, name, table } from "./dom.js";
import { link, poolPlace } from "./routes.js";

export const load = async () => (await get("overview")).pools;

export function show(pools) {
  if (!pools.length) return showEmpty();
  return [
    h("h1", {}, "Identity pools"),
    table("Identity pools", ["Name", "Id", "Account", "Identities", "Datasets", "Data"], pools.map(row)),
    h("p", {}, "New to Cognito Sync? ", h("a", { href: "#/walkthrough" }, "Play a conflict step by step"), "."),
  ];
}

function row(pool) {
  const { account_id, IdentityPoolId, IdentityPoolName } = pool;
  const href = link("pool", poolPlace(pool));
  return h(
    "tr",
    {},
    h("td", {}, h("a", { href, "data-key": href }, name(IdentityPoolName))),
    h("td.wide", {}, name(IdentityPoolId)),
    h("td.wide", {}, account_id),
    h("td.number", {}, count(pool.IdentityCount)),
    h("td.number", {}, count(pool.DatasetCount)),
    h("td.number", {}, bytes(pool.DataStorage)),
  );
}

function showEmpty() {
  const settings = [
    `export AWS_ENDPOINT_URL=${location.origin}`,
    "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
    "export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing",
  ];
  return [
    h("h1", {}, "No identity pools yet"),
    h("p", {}, "Connect your app: the AWS SDKs and the AWS CLI read these variables."),
    h("pre", { tabindex: "0" }, settings.join("\n")),
    h("p", {}, "Its calls appear below, and its pools appear here, as soon as it creates them."),
    h(
      "p",
      {},
      "No app at hand? ",
      h("a", { href: "#/walkthrough" }, "Play a conflict step by step"),
      ", or ",
      h("a", { href: "#/state" }, "import a state"),
      ".",
    ),
  ];
}
