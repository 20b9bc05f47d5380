import type { Api, DeployedFunction } from "../../infra/topology/functions.ts";
import { timings } from "../../infra/topology/timings.ts";
import type { Addresses } from "./addresses.ts";
import { audienceOf, localProject, pushIdentity, schedulerIdentity } from "./local-project.ts";

export interface FunctionEnvironmentOptions {
  readonly addresses: Addresses;
  readonly timeScale: number;
  /** `127.0.0.1:PORT` of the metadata server that knows this function's service account. */
  readonly metadataHost: string;
  readonly redirectUri: string;
  readonly functionUrl: (name: string) => string;
  /** Values of the secrets that the platform binds at instance start. */
  readonly secretValue: (secret: string) => string;
}

type Variables = Record<string, string>;

/** Which variables point a function at each API on this laptop. */
const API_VARIABLES: Readonly<Record<Api, (addresses: Addresses) => Variables>> = {
  calendar: ({ calendar }) => ({ GOOGLE_CALENDAR_ENDPOINT: calendar }),
  drive: ({ drive }) => ({ GOOGLE_DRIVE_ENDPOINT: drive }),
  language: ({ language }) => ({ GOOGLE_LANGUAGE_ENDPOINT: language }),
  meet: ({ meet }) => ({ GOOGLE_MEET_ENDPOINT: meet }),
  oauth: ({ oauth }) => ({ GOOGLE_OAUTH_ENDPOINT: oauth }),
  pubsub: ({ pubsubHost }) => ({ PUBSUB_EMULATOR_HOST: pubsubHost }),
  secretmanager: ({ secretmanager }) => ({ GOOGLE_SECRET_MANAGER_ENDPOINT: secretmanager }),
  smtp: ({ smtp }) => ({ SMTP_HOST: smtp.host, SMTP_PORT: String(smtp.port), MAIL_FROM: localProject.mailFrom }),
  speech: ({ speech }) => ({ GOOGLE_SPEECH_ENDPOINT: speech }),
  storage: ({ storage }) => ({ GOOGLE_STORAGE_ENDPOINT: storage }),
  supabase: ({ supabaseUrl }) => ({ SUPABASE_URL: supabaseUrl }),
  telemetry: ({ telemetry }) => ({ TRACES_ENDPOINT: `${telemetry}/v1/traces` }),
  workspaceevents: ({ workspaceevents }) => ({ GOOGLE_WORKSPACE_EVENTS_ENDPOINT: workspaceevents }),
};

/** Variables of the process, which a cloud platform would not show among the function's own. */
const OF_THE_PROCESS = ["GCE_METADATA_HOST", "METADATA_SERVER_DETECTION"];

/** What a function is told in plain text: everything but its secrets. */
export function plainEnvironmentOf(
  fn: DeployedFunction,
  options: Omit<FunctionEnvironmentOptions, "metadataHost" | "secretValue">,
): Variables {
  const environment = environmentOf(fn, { ...options, metadataHost: "", secretValue: () => "" });
  const hidden = new Set([...OF_THE_PROCESS, ...fn.secrets.map(({ env }) => env)]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.has(name)));
}

/** The environment of one function, worked out from the topology as a cloud stack would do it. */
export function environmentOf(fn: DeployedFunction, options: FunctionEnvironmentOptions): Variables {
  const apis = Object.assign({}, ...fn.apis.map((api) => API_VARIABLES[api](options.addresses))) as Variables;
  const secrets = Object.fromEntries(fn.secrets.map(({ env, secret }) => [env, options.secretValue(secret)]));
  return {
    ...apis,
    ...secrets,
    ...scaledPeriods(options.timeScale),
    GCE_METADATA_HOST: options.metadataHost,
    METADATA_SERVER_DETECTION: "assume-present",
    GOOGLE_CLOUD_PROJECT_ID: localProject.projectId,
    GOOGLE_CLOUD_REGION: localProject.region,
    GOOGLE_PUBSUB_TOPIC: "booking-events",
    GOOGLE_CLIENT_ID: localProject.clientId,
    GOOGLE_REDIRECT_URI: options.redirectUri,
    SYNC_CALENDAR_URL: options.functionUrl("sync-calendar"),
    OIDC_AUDIENCE: audienceOf(fn.name),
    OIDC_CALLERS: fn.trigger.kind === "pubsub" ? pushIdentity : schedulerIdentity,
    DATA_RESIDENCY: localProject.residency,
  };
}

/** Every period a function is told about, shortened by the laptop's time scale. */
function scaledPeriods(scale: number): Variables {
  return Object.fromEntries(
    Object.entries(timings).map(([name, seconds]) => [environmentName(name), String(seconds * scale)]),
  );
}

/** `outboxClaimSeconds` -> `OUTBOX_CLAIM_SECONDS`. */
function environmentName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
