import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import { requireName } from "./resource-names.ts";
import { invalidArgument, notImplemented } from "./status-error.ts";

type ISubscription = google.pubsub.v1.ISubscription;
type IDuration = google.protobuf.IDuration;

const DAY_MS = 24 * 3600 * 1_000;
const DEFAULT_ACK_DEADLINE_SECONDS = 10;
const DEFAULT_RETENTION_MS = 7 * DAY_MS;
const RETENTION_BOUNDS_MS = { min: 600_000, max: 31 * DAY_MS };
const BACKOFF_BOUNDS_MS = { min: 0, max: 600_000 };
const DEFAULT_BACKOFF_MS = { min: 10_000, max: 600_000 };
const DEFAULT_DELIVERY_ATTEMPTS = 5;

export interface RetryPolicy {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface PushSettings {
  readonly endpoint: string;
  /** Null: the request carries no token. */
  readonly oidc: { readonly email: string; readonly audience: string } | null;
}

/** A checked subscription: what delivery needs of it. */
export interface SubscriptionSettings {
  readonly name: string;
  readonly topic: string;
  readonly ackDeadlineMs: number;
  readonly retentionMs: number;
  readonly retry: RetryPolicy | null;
  readonly deadLetter: { readonly topic: string; readonly maxDeliveryAttempts: number } | null;
  /** Null: a pull subscription. */
  readonly push: PushSettings | null;
}

/** Fields of a subscription that this emulator would have to ignore: refused, so that nobody relies on them. */
const NOT_IMPLEMENTED: readonly (keyof ISubscription)[] = [
  "bigqueryConfig",
  "bigtableConfig",
  "cloudStorageConfig",
  "filter",
  "enableExactlyOnceDelivery",
];

/** Checks a subscription as CreateSubscription does; INVALID_ARGUMENT or UNIMPLEMENTED otherwise. */
export function parseSubscription(proto: ISubscription): SubscriptionSettings {
  for (const field of NOT_IMPLEMENTED) if (proto[field]) throw notImplemented(`the subscription field ${field}`);
  if ((proto.messageTransforms?.length ?? 0) > 0) throw notImplemented("the subscription field messageTransforms");
  return {
    name: requireName(proto.name, "subscriptions"),
    topic: requireName(proto.topic, "topics"),
    ackDeadlineMs: requireAckDeadlineSeconds(proto.ackDeadlineSeconds || DEFAULT_ACK_DEADLINE_SECONDS) * 1_000,
    retentionMs: boundedMs(proto.messageRetentionDuration, {
      field: "message_retention_duration",
      missingMs: DEFAULT_RETENTION_MS,
      bounds: RETENTION_BOUNDS_MS,
    }),
    retry: parseRetryPolicy(proto.retryPolicy),
    deadLetter: parseDeadLetterPolicy(proto.deadLetterPolicy),
    push: parsePushConfig(proto.pushConfig),
  };
}

/** Without an expiration policy Google deletes a subscription after 31 idle days, and says so in the resource. */
export function withExpiration(proto: ISubscription): ISubscription {
  return { ...proto, expirationPolicy: proto.expirationPolicy ?? { ttl: { seconds: (31 * DAY_MS) / 1_000 } } };
}

/** 10 to 600 seconds. */
export function requireAckDeadlineSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid ack deadline given (ack_deadline_seconds=${seconds}). It must be between 10 and 600.`);
}

function parseRetryPolicy(policy: google.pubsub.v1.IRetryPolicy | null | undefined): RetryPolicy | null {
  if (policy === null || policy === undefined) return null;
  const bounds = BACKOFF_BOUNDS_MS;
  const { min, max } = DEFAULT_BACKOFF_MS;
  const minMs = boundedMs(policy.minimumBackoff, { field: "minimum_backoff", missingMs: min, bounds });
  const maxMs = boundedMs(policy.maximumBackoff, { field: "maximum_backoff", missingMs: max, bounds });
  if (minMs > maxMs) throw invalidArgument("minimum_backoff must not be longer than maximum_backoff.");
  return { minMs, maxMs };
}

function parseDeadLetterPolicy(
  policy: google.pubsub.v1.IDeadLetterPolicy | null | undefined,
): SubscriptionSettings["deadLetter"] {
  if (!policy?.deadLetterTopic) return null;
  const maxDeliveryAttempts = policy.maxDeliveryAttempts || DEFAULT_DELIVERY_ATTEMPTS;
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalidArgument(`max_delivery_attempts must be between 5 and 100, not ${maxDeliveryAttempts}.`);
  }
  return { topic: requireName(policy.deadLetterTopic, "topics"), maxDeliveryAttempts };
}

/** An empty push config means pull, as in ModifyPushConfig. */
export function parsePushConfig(config: google.pubsub.v1.IPushConfig | null | undefined): PushSettings | null {
  if (!config?.pushEndpoint) return null;
  if (config.noWrapper) throw notImplemented("push without a wrapper");
  const url = URL.parse(config.pushEndpoint);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw invalidArgument(`Invalid push endpoint given (endpoint=${config.pushEndpoint}).`);
  }
  const { oidcToken } = config;
  if (!oidcToken) return { endpoint: config.pushEndpoint, oidc: null };
  const email = oidcToken.serviceAccountEmail;
  if (!email) throw invalidArgument("Push authentication needs a service account email.");
  return { endpoint: config.pushEndpoint, oidc: { email, audience: oidcToken.audience || config.pushEndpoint } };
}

function boundedMs(
  duration: IDuration | null | undefined,
  rule: { field: string; missingMs: number; bounds: { min: number; max: number } },
): number {
  if (duration === null || duration === undefined) return rule.missingMs;
  const ms = Number(duration.seconds ?? 0) * 1_000 + (duration.nanos ?? 0) / 1e6;
  if (ms >= rule.bounds.min && ms <= rule.bounds.max) return ms;
  throw invalidArgument(
    `Invalid ${rule.field} given (${ms / 1_000} s). It must be between ${rule.bounds.min / 1_000} and ${rule.bounds.max / 1_000} seconds.`,
  );
}
