import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import { z } from "zod";

type Duration = google.protobuf.IDuration;

const seconds = z
  .string()
  .regex(/^\d+(\.\d+)?s$/)
  .transform((text) => durationOf(text));
const pushConfig = z.strictObject({
  pushEndpoint: z.string(),
  oidcToken: z.strictObject({ serviceAccountEmail: z.string(), audience: z.string().optional() }).optional(),
  attributes: z.record(z.string(), z.string()).optional(),
});

/** A subscription in JSON, as the REST methods take it. */
export const subscriptionSchema = z.strictObject({
  name: z.string().optional(),
  topic: z.string().optional(),
  pushConfig: pushConfig.optional(),
  ackDeadlineSeconds: z.int().optional(),
  expirationPolicy: z.strictObject({ ttl: seconds.optional() }).optional(),
  deadLetterPolicy: z.strictObject({ deadLetterTopic: z.string(), maxDeliveryAttempts: z.int().optional() }).optional(),
  retryPolicy: z.strictObject({ minimumBackoff: seconds.optional(), maximumBackoff: seconds.optional() }).optional(),
});

/** A topic as the REST methods show it. */
export function topicResource({ name, labels, messageStoragePolicy }: google.pubsub.v1.ITopic): unknown {
  const regions = messageStoragePolicy?.allowedPersistenceRegions ?? [];
  return { name, labels, ...(regions.length > 0 && { messageStoragePolicy: { allowedPersistenceRegions: regions } }) };
}

/** A subscription as the REST methods show it: durations as text, nothing that is not set. */
export function subscriptionResource(proto: google.pubsub.v1.ISubscription): unknown {
  const { name, topic, ackDeadlineSeconds, retryPolicy, deadLetterPolicy, expirationPolicy } = proto;
  return {
    ...{ name, topic, ackDeadlineSeconds, state: "ACTIVE" },
    pushConfig: pushResource(proto.pushConfig),
    ...(expirationPolicy && { expirationPolicy: { ...text("ttl", expirationPolicy.ttl) } }),
    ...(deadLetterPolicy?.deadLetterTopic && {
      deadLetterPolicy: {
        deadLetterTopic: deadLetterPolicy.deadLetterTopic,
        maxDeliveryAttempts: deadLetterPolicy.maxDeliveryAttempts,
      },
    }),
    ...(retryPolicy && {
      retryPolicy: {
        ...text("minimumBackoff", retryPolicy.minimumBackoff),
        ...text("maximumBackoff", retryPolicy.maximumBackoff),
      },
    }),
  };
}

/** Empty for a pull subscription. */
function pushResource(config: google.pubsub.v1.IPushConfig | null | undefined): unknown {
  if (!config?.pushEndpoint) return {};
  const { pushEndpoint, oidcToken } = config;
  if (!oidcToken) return { pushEndpoint };
  const { serviceAccountEmail, audience } = oidcToken;
  return { pushEndpoint, oidcToken: { serviceAccountEmail, ...(audience && { audience }) } };
}

function text(name: string, duration: Duration | null | undefined): Record<string, string> {
  return duration ? { [name]: `${Number(duration.seconds ?? 0) + (duration.nanos ?? 0) / 1e9}s` } : {};
}

function durationOf(value: string): Duration {
  const all = Number(value.slice(0, -1));
  return { seconds: Math.floor(all), nanos: Math.round((all % 1) * 1e9) };
}
