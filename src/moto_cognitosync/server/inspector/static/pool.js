/** One identity pool: settings, identities, devices and sizes. */

import { get, remove } from "./api.js";
import { confirmAction } from "./actions.js";
import { button, bytes, count, date, facts, h, name, pager, plural, shortId, table } from "./dom.js";
import { identityLink, link, trail } from "./routes.js";

const PAGE_SIZE = 10; // identities

let shown = { poolId: "", offset: 0 }; // the page of identities

export async function load(place) {
  if (shown.poolId !== place.identity_pool_id) shown = { poolId: place.identity_pool_id, offset: 0 };
  const [pool, page] = await Promise.all([
    get("pool", place),
    get("identities", { ...place, offset: shown.offset, limit: PAGE_SIZE }),
  ]);
  return { pool, page };
}

export function show({ pool, page }, place, refresh) {
  const { PushSync, CognitoStreams, Events, BulkPublish } = pool;
  const streams = CognitoStreams ?? {};
  return [
    trail(),
    h("h1", {}, name(pool.IdentityPoolName)),
    h("p.mono", {}, name(pool.IdentityPoolId)),
    h("p.buttons", {}, button("Expire sync sessions", () => expireSessions(place))),
    facts({
      Account: pool.account_id,
      Region: pool.region,
      "Created (UTC)": date(pool.CreationDate),
      "Unauthenticated identities": pool.AllowUnauthenticatedIdentities ? "allowed" : "not allowed",
      "Developer provider": pool.DeveloperProviderName && name(pool.DeveloperProviderName),
      Identities: count(pool.IdentityCount),
      Datasets: count(pool.DatasetCount),
      "Devices registered for push sync": count(pool.DeviceCount),
      Subscriptions: count(pool.SubscriptionCount),
      Data: bytes(pool.DataStorage),
      "Sync sessions": pool.SyncSessionsCount,
      SyncTrigger: Events?.SyncTrigger && name(Events.SyncTrigger),
      Stream: streams.StreamName && [name(streams.StreamName), ` (${streams.StreamingStatus})`],
      "Stream role": streams.RoleArn && name(streams.RoleArn),
      "Bulk publish": BulkPublish && [BulkPublish.BulkPublishStatus, BulkPublish.FailureMessage && `: ${BulkPublish.FailureMessage}`],
      "Push sync applications": PushSync?.ApplicationArns?.map((each) => h("div", {}, name(each))),
      "Push sync role": PushSync?.RoleArn && name(PushSync.RoleArn),
      "Other events": otherEvents(Events),
    }),
    h("h2", {}, "Identities"),
    showIdentities(page, place, refresh),
    h("h2", {}, "Devices registered for push sync"),
    showDevices(pool, place),
  ];
}

/** The events that the service itself does not use. */
const otherEvents = (events) =>
  Object.entries(events ?? {})
    .filter(([event]) => event !== "SyncTrigger")
    .map(([event, target]) => h("div", {}, name(event), " → ", name(target)));

function showIdentities({ total, offset, identities }, place, refresh) {
  if (!total) return h("p.hint", {}, "None.");
  const turn = (first) => {
    shown.offset = first;
    refresh();
  };
  const rows = identities.map((each) =>
    h(
      "tr",
      {},
      h("td", {}, identityLink({ ...place, identity_id: each.IdentityId }, each.Logins[0]?.User)),
      h("td.number", {}, count(each.DatasetCount)),
      h("td.number", {}, bytes(each.DataStorage)),
      h("td", {}, date(each.CreationDate)),
    ),
  );
  return [table("Identities", ["Identity", "Datasets", "Data", "Created (UTC)"], rows), pager(offset, PAGE_SIZE, total, turn)];
}

function showDevices({ Devices, DeviceCount }, place) {
  if (!DeviceCount) return h("p.hint", {}, "None.");
  const hidden = DeviceCount - Devices.length;
  return [devicesTable(Devices, place), hidden > 0 && h("p.hint", {}, `${plural(hidden, "more device")}: see their identities.`)];
}

/** Ask whether to expire all sync sessions of a pool. */
export function expireSessions({ account_id, region, identity_pool_id }) {
  confirmAction({
    title: "Expire sync sessions?",
    content:
      "The next UpdateRecords of each device of this pool fails with InvalidParameterException, until the device calls ListRecords again.",
    label: "Expire",
    submit: () => remove("sync-sessions", { account_id, region, identity_pool_id }),
    done: "Expired the open sync sessions of the pool.",
  });
}

/**
 * A table of devices, with their subscriptions.
 * @param {Object[]} devices
 * @param {import("./routes.js").Place} place of their pool, if they are of several identities
 */
export function devicesTable(devices, place = null) {
  const identity = ({ IdentityId }) =>
    h("td", {}, h("a", { href: link("identity", { ...place, identity_id: IdentityId }) }, shortId(IdentityId)));
  const rows = devices.map((each) =>
    h(
      "tr",
      {},
      h("td", {}, name(each.DeviceId)),
      place && identity(each),
      h("td", {}, each.Platform),
      h("td", {}, each.Subscriptions.length ? each.Subscriptions.map((dataset) => [name(dataset), " "]) : "–"),
      h("td", {}, name(each.EndpointArn)),
    ),
  );
  const columns = ["Device", ...(place ? ["Identity"] : []), "Platform", "Subscribed to", "Endpoint"];
  return table("Devices", columns, rows);
}
