/** One identity pool: settings, devices and sizes. */

import { get, remove } from "./api.js";
import { confirmAction } from "./actions.js";
import { button, bytes, date, facts, h, name, table } from "./dom.js";
import { link } from "./routes.js";

export const load = (place) => get("pool", place);

export function show(pool, place) {
  const { PushSync, CognitoStreams, Events, BulkPublish } = pool;
  const streams = CognitoStreams ?? {};
  return [
    h("h1", {}, name(pool.IdentityPoolName)),
    h("p.mono", {}, name(pool.IdentityPoolId)),
    h("p.buttons", {}, button("Expire sync sessions", () => expireSessions(place))),
    facts({
      Account: pool.account_id,
      Region: pool.region,
      Created: pool.CreationDate && [date(pool.CreationDate), " UTC"],
      "Unauthenticated identities": pool.AllowUnauthenticatedIdentities ? "allowed" : "not allowed",
      "Developer provider": pool.DeveloperProviderName && name(pool.DeveloperProviderName),
      Identities: pool.IdentityCount.toLocaleString("en"),
      Datasets: pool.DatasetCount.toLocaleString("en"),
      Data: bytes(pool.DataStorage),
      "Sync sessions": pool.SyncSessionsCount,
      "SyncTrigger": Events?.SyncTrigger && name(Events.SyncTrigger),
      Stream: streams.StreamName && [name(streams.StreamName), ` (${streams.StreamingStatus})`],
      "Stream role": streams.RoleArn && name(streams.RoleArn),
      "Bulk publish": BulkPublish && [BulkPublish.BulkPublishStatus, BulkPublish.FailureMessage && `: ${BulkPublish.FailureMessage}`],
      "Push sync applications": PushSync?.ApplicationArns?.map((each) => h("div", {}, name(each))),
      "Push sync role": PushSync?.RoleArn && name(PushSync.RoleArn),
    }),
  ];
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

/** A table of devices, with their subscriptions. */
export function devicesTable(devices) {
  const rows = devices.map((each) =>
    h(
      "tr",
      {},
      h("td", {}, name(each.DeviceId)),
      h("td", {}, each.Platform),
      h("td", {}, each.Subscriptions.length ? each.Subscriptions.map((dataset) => [name(dataset), " "]) : "–"),
      h("td", {}, name(each.EndpointArn)),
    ),
  );
  return table("Devices", ["Device", "Platform", "Subscribed to", "Endpoint"], rows);
}
