import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import { z } from "zod";
import type { Principal } from "../rest/emulator.ts";
import { GoogleError } from "../rest/errors.ts";
import { denied, type Permits, PolicyHolder, setPolicySchema } from "../rest/iam-policy.ts";
import { type Call, type Operation, ok, withBody } from "../rest/operation.ts";
import type { Broker } from "./broker.ts";
import type { PubSubControl } from "./pubsub-control.ts";
import { subscriptionResource, subscriptionSchema, topicResource } from "./rest-resources.ts";
import { StatusError } from "./status-error.ts";
import type { Subscription } from "./subscription.ts";
import { withExpiration } from "./subscription-settings.ts";

export interface PubSubRestState extends PubSubControl {
  readonly broker: Broker;
  readonly policies: Map<string, PolicyHolder>;
  readonly permits: Permits;
  /** Starts the push of a new subscription. */
  readonly onCreated: (subscription: Subscription) => void;
}

const patchSchema = z.strictObject({ subscription: subscriptionSchema, updateMask: z.string() });
const PATCHABLE = ["ackDeadlineSeconds", "deadLetterPolicy", "expirationPolicy", "pushConfig", "retryPolicy"] as const;

const scopes = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/pubsub"];
const common = { scopes, serviceAccounts: true, query: [] } as const;
const subscriptionPath = "/v1/projects/:project/subscriptions/:id([^:\\/]+)";

/** pubsub.googleapis.com v1 over REST: what an administrator sees and mends; messages go over gRPC. */
export const restOperations: readonly Operation<PubSubRestState>[] = [
  {
    ...{ ...common, name: "topics.get", method: "GET", path: "/v1/projects/:project/topics/:id([^:\\/]+)" },
    run(call, state) {
      screen(call, state, "pubsub.topics.get");
      return ok(topicResource(resource(() => state.broker.topic(nameOf(call, "topics"))).proto));
    },
  },
  {
    ...{ ...common, name: "subscriptions.get", method: "GET", path: subscriptionPath },
    run(call, state) {
      screen(call, state, "pubsub.subscriptions.get");
      return ok(subscriptionResource(subscriptionOf(call, state).proto));
    },
  },
  {
    ...{ ...common, name: "subscriptions.create", method: "PUT", path: subscriptionPath },
    ...withBody<PubSubRestState, typeof subscriptionSchema>(subscriptionSchema, (body, call, state) => {
      screen(call, state, "pubsub.subscriptions.create");
      const proto = {
        ackDeadlineSeconds: 10,
        ...body,
        name: nameOf(call, "subscriptions"),
        state: "ACTIVE",
      };
      const created = resource(() =>
        state.broker.createSubscription(withExpiration(proto as google.pubsub.v1.ISubscription)),
      );
      state.onCreated(created);
      return ok(subscriptionResource(created.proto));
    }),
  },
  {
    ...{ ...common, name: "subscriptions.patch", method: "PATCH", path: subscriptionPath },
    ...withBody<PubSubRestState, typeof patchSchema>(
      patchSchema,
      ({ subscription: patch, updateMask }, call, state) => {
        screen(call, state, "pubsub.subscriptions.update");
        const changed = subscriptionOf(call, state);
        const paths = updateMask.split(",");
        const unknown = paths.filter((path) => !(PATCHABLE as readonly string[]).includes(path));
        if (unknown.length > 0) throw new GoogleError(400, "badRequest", `Invalid update_mask: ${unknown.join(", ")}`);
        const entries = PATCHABLE.filter((path) => paths.includes(path)).map((path) => [path, patch[path] ?? null]);
        resource(() => changed.update({ ...changed.proto, ...Object.fromEntries(entries) }));
        return ok(subscriptionResource(changed.proto));
      },
    ),
  },
  {
    ...{ ...common, name: "subscriptions.delete", method: "DELETE", path: subscriptionPath },
    run(call, state) {
      screen(call, state, "pubsub.subscriptions.delete");
      const name = subscriptionOf(call, state).name;
      state.broker.deleteSubscription(name);
      state.policies.delete(name);
      return ok({});
    },
  },
  ...policyOperations("topics"),
  ...policyOperations("subscriptions"),
];

function policyOperations(collection: "topics" | "subscriptions"): readonly Operation<PubSubRestState>[] {
  const path = `/v1/projects/:project/${collection}/:id([^:\\/]+)`;
  return [
    {
      ...{ ...common, name: `${collection}.getIamPolicy`, method: "GET", path: `${path}\\:getIamPolicy` },
      query: ["options.requestedPolicyVersion"],
      run(call, state) {
        screen(call, state, `pubsub.${collection}.getIamPolicy`);
        return ok(
          policyOf(call, collection, state).show(Number(call.query.get("options.requestedPolicyVersion") ?? 1)),
        );
      },
    },
    {
      ...{ ...common, name: `${collection}.setIamPolicy`, method: "POST", path: `${path}\\:setIamPolicy` },
      ...withBody<PubSubRestState, typeof setPolicySchema>(setPolicySchema, ({ policy }, call, state) => {
        screen(call, state, `pubsub.${collection}.setIamPolicy`);
        const holder = policyOf(call, collection, state);
        holder.replace(policy);
        return ok(holder.show(3));
      }),
    },
  ];
}

const nameOf = ({ params }: Call, collection: string): string =>
  `projects/${params["project"]}/${collection}/${params["id"]}`;

function subscriptionOf(call: Call, { broker }: PubSubRestState): Subscription {
  return resource(() => broker.subscription(nameOf(call, "subscriptions")));
}

function policyOf(call: Call, collection: "topics" | "subscriptions", state: PubSubRestState): PolicyHolder {
  const name = nameOf(call, collection);
  resource(() => (collection === "topics" ? state.broker.topic(name) : state.broker.subscription(name)));
  const held = state.policies.get(name) ?? new PolicyHolder();
  state.policies.set(name, held);
  return held;
}

function screen(
  { principal, url }: { principal: Principal | null; url: URL },
  state: PubSubRestState,
  permission: string,
) {
  if (!state.permits(principal, permission)) throw denied(permission, url.pathname);
}

/** gRPC status -> HTTP status (google/rpc/code.proto). */
const HTTP_STATUS: Readonly<Record<number, number>> = { 3: 400, 5: 404, 6: 409, 9: 400, 12: 501 };

function resource<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new GoogleError(HTTP_STATUS[error.code] ?? 500, "badRequest", error.message);
  }
}
