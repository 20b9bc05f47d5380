import type { FunctionName } from "./functions.ts";
import type { TopicName } from "./topics.ts";

/** One push subscription: topic -> function, with OIDC, retry policy and dead letter. */
export interface PushSubscription {
  readonly name: string;
  readonly topic: TopicName;
  readonly pushTo: FunctionName;
  /** Also the push request's timeout; 600 is Pub/Sub's maximum. */
  readonly ackDeadlineSeconds: number;
  readonly minBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
  /** 5 to 100; after these the message goes to the topic's dead letter topic. */
  readonly maxDeliveryAttempts: number;
}

export const subscriptions = [
  {
    name: "process-booking",
    topic: "booking-events",
    pushTo: "process-booking",
    ackDeadlineSeconds: 540,
    minBackoffSeconds: 10,
    maxBackoffSeconds: 300,
    maxDeliveryAttempts: 30,
  },
  {
    name: "capture-artifacts",
    topic: "meeting-events",
    pushTo: "capture-artifacts",
    ackDeadlineSeconds: 600,
    minBackoffSeconds: 10,
    maxBackoffSeconds: 600,
    maxDeliveryAttempts: 30,
  },
  {
    name: "analyze-transcript",
    topic: "storage-events",
    pushTo: "analyze-transcript",
    ackDeadlineSeconds: 600,
    minBackoffSeconds: 10,
    maxBackoffSeconds: 600,
    maxDeliveryAttempts: 30,
  },
] as const satisfies readonly PushSubscription[];
