import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { LeasedDelivery } from "./delivery.ts";

/** A leased delivery as Pull and StreamingPull answer it. */
export function receivedMessage({
  ackId,
  message,
  deliveryAttempt,
}: LeasedDelivery): google.pubsub.v1.IReceivedMessage {
  const { data, attributes, messageId, orderingKey, publishedAt } = message;
  const ms = publishedAt.getTime();
  const publishTime = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 };
  return { ackId, deliveryAttempt, message: { data, attributes, messageId, orderingKey, publishTime } };
}
