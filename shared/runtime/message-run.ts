import type { PushMessage } from "#contracts/pubsub-push.ts";
import { parseTraceparent } from "#kernel/trace.ts";
import type { RunStart } from "#runtime/run-context.ts";
import { TRACEPARENT_ATTRIBUTE } from "#runtime/traced-publisher.ts";

/** A message as a run, in OpenTelemetry's words for one that is processed; it reached us by its subscription. */
export function messageRun(message: PushMessage): Pick<RunStart, "name" | "attributes" | "claimedParent"> {
  const subscription = message.subscription.split("/").at(-1) ?? "";
  return {
    name: `process ${subscription}`,
    attributes: {
      "messaging.system": "gcp_pubsub",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": subscription,
      "messaging.message.id": message.messageId,
      ...(message.attempt !== null && { "messaging.gcp_pubsub.message.delivery_attempt": message.attempt }),
    },
    claimedParent: parseTraceparent(message.attributes[TRACEPARENT_ATTRIBUTE]),
  };
}
