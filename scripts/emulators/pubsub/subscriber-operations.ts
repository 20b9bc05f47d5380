import protos from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { Broker } from "./broker.ts";
import { withMaskedFields } from "./field-mask.ts";
import type { GrpcOperation } from "./grpc-operation.ts";
import { operation } from "./grpc-operation.ts";
import { pageOf } from "./page.ts";
import { pull } from "./pull.ts";
import { requireName, requireProject } from "./resource-names.ts";
import { invalidArgument } from "./status-error.ts";
import type { Subscription } from "./subscription.ts";
import { withExpiration } from "./subscription-settings.ts";

const { protobuf, pubsub } = protos.google;
const { v1 } = pubsub;

const service = "Subscriber";
const DEFAULT_ACK_DEADLINE_SECONDS = 10;

/** Mask paths of UpdateSubscription; topic, name, filter and ordering are fixed at creation. */
const UPDATABLE = {
  ack_deadline_seconds: "ackDeadlineSeconds",
  dead_letter_policy: "deadLetterPolicy",
  expiration_policy: "expirationPolicy",
  labels: "labels",
  message_retention_duration: "messageRetentionDuration",
  push_config: "pushConfig",
  retain_acked_messages: "retainAckedMessages",
  retry_policy: "retryPolicy",
} as const;

/** Hooks of the composition root: what happens beside the broker when a subscription appears. */
export interface SubscriberHooks {
  /** Starts its push delivery. */
  readonly onCreated: (subscription: Subscription) => void;
  /** Refuses a pull that Google would refuse. */
  readonly requirePullable: (subscription: Subscription) => void;
}

/** google.pubsub.v1.Subscriber, snapshots and Seek left out; StreamingPull is in `streaming-pull.ts`. */
export function subscriberOperations(hooks: SubscriberHooks): readonly GrpcOperation[] {
  return [createOperation(hooks), ...RESOURCE_OPERATIONS, ...deliveryOperations(hooks)];
}

export function subscriptionNamed(broker: Broker, name: string | null | undefined): Subscription {
  return broker.subscription(requireName(name, "subscriptions"));
}

/** The push of a new subscription starts with it. */
function createOperation(hooks: SubscriberHooks): GrpcOperation {
  return operation({
    service,
    name: "CreateSubscription",
    request: v1.Subscription,
    response: v1.Subscription,
    run(proto, { broker }) {
      const ackDeadlineSeconds = proto.ackDeadlineSeconds || DEFAULT_ACK_DEADLINE_SECONDS;
      const subscription = broker.createSubscription(withExpiration({ ...proto, ackDeadlineSeconds, state: "ACTIVE" }));
      hooks.onCreated(subscription);
      return subscription.proto;
    },
  });
}

const RESOURCE_OPERATIONS: readonly GrpcOperation[] = [
  operation({
    service,
    name: "GetSubscription",
    request: v1.GetSubscriptionRequest,
    response: v1.Subscription,
    run: (request, { broker }) => subscriptionNamed(broker, request.subscription).proto,
  }),
  operation({
    service,
    name: "UpdateSubscription",
    request: v1.UpdateSubscriptionRequest,
    response: v1.Subscription,
    run({ subscription: patch, updateMask: mask }, { broker }) {
      const subscription = subscriptionNamed(broker, patch?.name);
      subscription.update(withMaskedFields(subscription.proto, patch ?? {}, { mask, fields: UPDATABLE }));
      return subscription.proto;
    },
  }),
  operation({
    service,
    name: "ListSubscriptions",
    request: v1.ListSubscriptionsRequest,
    response: v1.ListSubscriptionsResponse,
    run(request, { broker }) {
      const prefix = `${requireProject(request.project)}/`;
      const found = broker.subscriptions().filter((subscription) => subscription.name.startsWith(prefix));
      const { items, nextPageToken } = pageOf(found, request);
      return { subscriptions: items.map((subscription) => subscription.proto), nextPageToken };
    },
  }),
  operation({
    service,
    name: "DeleteSubscription",
    request: v1.DeleteSubscriptionRequest,
    response: protobuf.Empty,
    run(request, { broker }) {
      broker.deleteSubscription(requireName(request.subscription, "subscriptions"));
      return {};
    },
  }),
  operation({
    service,
    name: "ModifyPushConfig",
    request: v1.ModifyPushConfigRequest,
    response: protobuf.Empty,
    run(request, { broker }) {
      const subscription = subscriptionNamed(broker, request.subscription);
      subscription.update({ ...subscription.proto, pushConfig: request.pushConfig ?? null });
      return {};
    },
  }),
];

function deliveryOperations(hooks: SubscriberHooks): readonly GrpcOperation[] {
  return [
    operation({
      service,
      name: "Pull",
      request: v1.PullRequest,
      response: v1.PullResponse,
      run(request, { broker, signal }) {
        const subscription = subscriptionNamed(broker, request.subscription);
        hooks.requirePullable(subscription);
        return pull({ subscription, request, clock: broker.pullClock, signal });
      },
    }),
    operation({
      service,
      name: "Acknowledge",
      request: v1.AcknowledgeRequest,
      response: protobuf.Empty,
      run(request, { broker }) {
        const { queue } = subscriptionNamed(broker, request.subscription);
        requireAckIds(request.ackIds);
        for (const ackId of request.ackIds) queue.ack(ackId);
        return {};
      },
    }),
    operation({
      service,
      name: "ModifyAckDeadline",
      request: v1.ModifyAckDeadlineRequest,
      response: protobuf.Empty,
      run(request, { broker }) {
        const { queue } = subscriptionNamed(broker, request.subscription);
        requireAckIds(request.ackIds);
        const seconds = request.ackDeadlineSeconds;
        if (seconds < 0 || seconds > 600) throw invalidArgument("ack_deadline_seconds must be between 0 and 600.");
        for (const ackId of request.ackIds) {
          if (seconds === 0) queue.nack(ackId, "nack");
          else queue.extend(ackId, seconds * 1_000);
        }
        return {};
      },
    }),
  ];
}

function requireAckIds(ackIds: readonly string[]): void {
  if (ackIds.length === 0) throw invalidArgument("The request contains no ack ids.");
}
