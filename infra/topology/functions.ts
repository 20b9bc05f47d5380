import type { AccessName } from "./access.ts";
import type { TimingName } from "./timings.ts";

/** How a function is called; there is no other way in. */
export type Trigger =
  /** A push subscription with an OIDC token. */
  | { readonly kind: "pubsub" }
  /** Cloud Scheduler with an OIDC token. */
  | { readonly kind: "schedule" }
  /** Reachable by anyone; `check` names what the function itself demands of a caller. */
  | {
      readonly kind: "public";
      readonly check: "calendar_channel_or_oidc" | "relay_ping_or_oidc" | "session_or_oauth_state";
    };

/** A secret of Secret Manager bound to an environment variable at instance start. */
export interface BoundSecret {
  readonly env: string;
  readonly secret: SecretName;
}

/** Endpoints a function talks to; each has one environment variable that points it elsewhere. */
export type Api =
  | "calendar"
  | "drive"
  | "language"
  | "meet"
  | "oauth"
  | "pubsub"
  | "secretmanager"
  | "smtp"
  | "speech"
  | "storage"
  | "supabase"
  | "telemetry"
  | "workspaceevents";

export interface DeployedFunction {
  readonly name: string;
  readonly trigger: Trigger;
  readonly apis: readonly Api[];
  readonly secrets: readonly BoundSecret[];
  /** Secrets that it reads through the API while it runs; a rotated key is seen without a new revision. */
  readonly readsSecrets?: readonly SecretName[];
  /** What its own service account may do in Google Cloud; calendars and meetings are reached as the consultant. */
  readonly access?: readonly AccessName[];
  /** The periods that its configuration reads: a change of one deploys these functions again, and no other. */
  readonly timings: readonly TimingName[];
  readonly memoryMiB: number;
  /** Request timeout; Pub/Sub push gives up at the subscription's ack deadline whatever this says. */
  readonly timeoutSeconds: number;
  /** Requests one instance serves at once. */
  readonly concurrency: number;
  readonly maxInstances: number;
}

export const secretNames = ["google-client-secret", "relay-ping-key", "smtp-password", "supabase-secret-key"] as const;
export type SecretName = (typeof secretNames)[number];

const database: BoundSecret = { env: "SUPABASE_SECRET_KEY", secret: "supabase-secret-key" };
const oauthClient: BoundSecret = { env: "GOOGLE_CLIENT_SECRET", secret: "google-client-secret" };

export const functions = [
  {
    name: "google-auth",
    trigger: { kind: "public", check: "session_or_oauth_state" },
    apis: ["calendar", "oauth", "supabase", "workspaceevents"],
    secrets: [database, oauthClient],
    timings: ["subscriptionRetrySeconds", "subscriptionCheckSeconds"],
    memoryMiB: 256,
    timeoutSeconds: 60,
    concurrency: 20,
    maxInstances: 5,
  },
  {
    name: "relay-outbox",
    trigger: { kind: "public", check: "relay_ping_or_oidc" },
    apis: ["oauth", "pubsub", "secretmanager", "supabase", "telemetry"],
    secrets: [database],
    readsSecrets: ["relay-ping-key"],
    access: ["write-traces"],
    timings: ["outboxClaimSeconds"],
    memoryMiB: 256,
    timeoutSeconds: 60,
    concurrency: 20,
    maxInstances: 3,
  },
  {
    name: "process-booking",
    trigger: { kind: "pubsub" },
    apis: ["calendar", "meet", "oauth", "supabase", "telemetry"],
    secrets: [database, oauthClient],
    access: ["write-traces"],
    timings: ["leaseSeconds", "conferencePollSeconds"],
    memoryMiB: 256,
    timeoutSeconds: 120,
    concurrency: 10,
    maxInstances: 10,
  },
  {
    name: "sync-calendar",
    trigger: { kind: "public", check: "calendar_channel_or_oidc" },
    apis: ["calendar", "oauth", "supabase", "telemetry"],
    secrets: [database, oauthClient],
    access: ["write-traces"],
    timings: ["leaseSeconds", "calendarCheckSeconds", "calendarRetrySeconds"],
    memoryMiB: 256,
    timeoutSeconds: 120,
    concurrency: 10,
    maxInstances: 5,
  },
  {
    name: "capture-artifacts",
    trigger: { kind: "pubsub" },
    apis: ["drive", "meet", "oauth", "speech", "storage", "supabase", "telemetry", "workspaceevents"],
    secrets: [database, oauthClient],
    access: ["write-objects", "start-transcriptions", "write-traces"],
    timings: ["leaseSeconds"],
    memoryMiB: 512,
    timeoutSeconds: 540,
    concurrency: 1,
    maxInstances: 10,
  },
  {
    name: "analyze-transcript",
    trigger: { kind: "pubsub" },
    apis: ["language", "meet", "oauth", "storage", "supabase", "telemetry"],
    secrets: [database, oauthClient],
    access: ["read-objects", "write-traces"],
    timings: ["leaseSeconds"],
    memoryMiB: 512,
    timeoutSeconds: 540,
    concurrency: 1,
    maxInstances: 10,
  },
  {
    name: "send-reminders",
    trigger: { kind: "schedule" },
    apis: ["oauth", "smtp", "supabase", "telemetry"],
    secrets: [database, { env: "SMTP_PASSWORD", secret: "smtp-password" }],
    access: ["write-traces"],
    timings: ["mailClaimSeconds", "mailRetrySeconds"],
    memoryMiB: 256,
    timeoutSeconds: 120,
    concurrency: 1,
    maxInstances: 1,
  },
  {
    name: "keep-watch",
    trigger: { kind: "schedule" },
    apis: ["calendar", "meet", "oauth", "speech", "storage", "supabase", "telemetry", "workspaceevents"],
    secrets: [database, oauthClient],
    access: ["list-objects", "check-transcriptions", "write-traces"],
    timings: [
      "overdueSeconds",
      "recordingSearchSeconds",
      "transcriptionSeconds",
      "subscriptionClaimSeconds",
      "subscriptionRetrySeconds",
      "subscriptionCheckSeconds",
      "disconnectGraceSeconds",
      "calendarRetrySeconds",
      "channelLifetimeSeconds",
      "channelOverlapSeconds",
    ],
    memoryMiB: 512,
    timeoutSeconds: 300,
    concurrency: 1,
    maxInstances: 1,
  },
] as const satisfies readonly DeployedFunction[];

export type FunctionName = (typeof functions)[number]["name"];
