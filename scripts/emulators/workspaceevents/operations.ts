import { z } from "zod";
import { GoogleError, invalid } from "../rest/errors.ts";
import { type Call, type Operation, ok, userOf, withBody } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import { meetingEventTypes } from "./meeting-event.ts";
import { MAX_TTL_MS, type Subscription, type SubscriptionStore } from "./subscription-store.ts";

export interface WorkspaceEventsState {
  readonly store: SubscriptionStore;
  /** Topics must be in the project of the OAuth client. */
  readonly projectId: string;
}

const SCOPES = [
  "https://www.googleapis.com/auth/meetings.space.created",
  "https://www.googleapis.com/auth/meetings.space.readonly",
];

const eventTypes = z.array(z.enum(meetingEventTypes)).min(1);
const ttl = z.string().regex(/^\d+(\.\d+)?s$/);
const newSubscription = z.strictObject({
  targetResource: z.string(),
  eventTypes,
  notificationEndpoint: z.strictObject({ pubsubTopic: z.string() }),
  ttl: ttl.optional(),
});
const changedSubscription = z.strictObject({ ttl: ttl.optional(), eventTypes: eventTypes.optional() });

const shared = { scopes: SCOPES } as const;
const one = "/v1/subscriptions/:id";

export const operations: readonly Operation<WorkspaceEventsState>[] = [
  {
    ...shared,
    name: "subscriptions.create",
    method: "POST",
    path: "/v1/subscriptions",
    query: ["validateOnly"],
    ...withBody<WorkspaceEventsState, typeof newSubscription>(newSubscription, (body, call, { store, projectId }) => {
      const { sub } = userOf(call);
      const topic = body.notificationEndpoint.pubsubTopic;
      if (!topic.startsWith(`projects/${projectId}/topics/`))
        throw invalid(`The topic ${topic} is not in your project.`);
      screenTarget(body.targetResource, sub);
      const wanted = { userSub: sub, targetResource: body.targetResource, eventTypes: body.eventTypes, topic };
      return saved(store.created({ ...wanted, ttlMs: ttlMsOf(body.ttl) }), call, store);
    }),
  },
  {
    ...shared,
    name: "subscriptions.list",
    method: "GET",
    path: "/v1/subscriptions",
    query: ["filter", "pageSize", "pageToken"],
    run: (call, { store }) => {
      const matching = store.list(userOf(call).sub).filter(filterOf(call.query.get("filter")));
      const asked = { size: call.query.get("pageSize"), token: call.query.get("pageToken") };
      const { items, ...next } = pageOf(matching, asked, { standard: 50, max: 100 });
      return ok({ subscriptions: items.map(resourceOf), ...next });
    },
  },
  {
    ...shared,
    name: "subscriptions.get",
    method: "GET",
    path: one,
    query: [],
    run: (call, { store }) => ok(resourceOf(found(call, store))),
  },
  {
    ...shared,
    name: "subscriptions.patch",
    method: "PATCH",
    path: one,
    query: ["updateMask", "validateOnly"],
    ...withBody<WorkspaceEventsState, typeof changedSubscription>(changedSubscription, (body, call, { store }) => {
      const mask = (call.query.get("updateMask") ?? Object.keys(body).join(",")).split(",");
      const unknown = mask.find((field) => !["ttl", "event_types", "eventTypes"].includes(field));
      if (unknown !== undefined) throw invalid(`The field ${unknown} cannot be updated.`);
      const change = {
        ...(mask.includes("ttl") && { ttlMs: ttlMsOf(body.ttl) }),
        ...(mask.some((field) => field !== "ttl") && body.eventTypes && { eventTypes: body.eventTypes }),
      };
      return saved(store.changed(found(call, store), change), call, store);
    }),
  },
  {
    ...shared,
    name: "subscriptions.reactivate",
    method: "POST",
    path: `${one}\\:reactivate`,
    query: [],
    ...withBody<WorkspaceEventsState, z.ZodObject>(z.strictObject({}), (_body, call, { store }) =>
      completed(resourceOf(store.reactivate(found(call, store)))),
    ),
  },
  {
    ...shared,
    name: "subscriptions.delete",
    method: "DELETE",
    path: one,
    query: ["allowMissing", "etag", "validateOnly"],
    run: (call, { store }) => remove(call, store),
  },
];

const nameOf = (call: Call): string => `subscriptions/${call.params["id"]}`;

const found = (call: Call, store: SubscriptionStore): Subscription => store.get(userOf(call).sub, nameOf(call));

const isTrial = (call: Call): boolean => call.query.get("validateOnly") === "true";

/** With `validateOnly` the same answer, and nothing changed. */
function saved(subscription: Subscription, call: Call, store: SubscriptionStore) {
  return completed(resourceOf(isTrial(call) ? subscription : store.save(subscription)));
}

function remove(call: Call, store: SubscriptionStore) {
  const known = store.list(userOf(call).sub).some(({ name }) => name === nameOf(call));
  if (!known && call.query.get("allowMissing") === "true") return completed({});
  const { name, etag } = found(call, store);
  const expected = call.query.get("etag");
  if (expected !== null && expected !== etag) {
    throw new GoogleError(409, "ABORTED", "The etag is not that of the subscription.", "ABORTED");
  }
  if (!isTrial(call)) store.remove(name);
  return completed({});
}

/** Changes answer a long-running operation that is already done. */
const completed = (response: object) => ok({ name: `operations/${crypto.randomUUID()}`, done: true, response });

function screenTarget(target: string, sub: string): void {
  if (/^\/\/meet\.googleapis\.com\/spaces\/[\w-]+$/.test(target)) return;
  if (target === `//cloudidentity.googleapis.com/users/${sub}`) return;
  throw new GoogleError(403, "PERMISSION_DENIED", `You may not subscribe to ${target}.`);
}

/** Zero and absent both ask for the maximum. */
function ttlMsOf(text: string | undefined): number {
  const ms = Number((text ?? "0s").slice(0, -1)) * 1000;
  if (ms > MAX_TTL_MS) throw invalid("The ttl exceeds 604800s, the maximum without resource data.");
  return ms === 0 ? MAX_TTL_MS : ms;
}

/** `event_types:"…"` (required, OR-ed) and optionally `target_resource="…"`. */
function filterOf(filter: string | null): (subscription: Subscription) => boolean {
  const types = [...(filter ?? "").matchAll(/event_types:\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  const target = /target_resource\s*=\s*"([^"]+)"/.exec(filter ?? "")?.[1];
  if (types.length === 0) throw invalid("The filter must name at least one event type.");
  return ({ eventTypes: subscribed, targetResource }) =>
    types.some((type) => subscribed.includes(type)) && (target === undefined || target === targetResource);
}

function resourceOf(subscription: Subscription) {
  const { name, targetResource, eventTypes: types, topic, state, suspensionReason, etag, userSub } = subscription;
  return {
    ...{ name, uid: name.slice("subscriptions/".length), targetResource, eventTypes: types, state, etag },
    notificationEndpoint: { pubsubTopic: topic },
    ...(suspensionReason !== null && { suspensionReason }),
    authority: `users/${userSub}`,
    createTime: subscription.createdAt.toISOString(),
    updateTime: subscription.updatedAt.toISOString(),
    expireTime: subscription.expiresAt.toISOString(),
    reconciling: false,
  };
}
