import type { Environment } from "../environment.ts";
import type { Api, DeployedFunction } from "../topology/functions.ts";
import { timings } from "../topology/timings.ts";
import { functionUrl, type Platform } from "./platform.ts";

type Variables = Readonly<Record<string, string>>;

/** What a function must be told to talk to an API; the other endpoints are Google's own, which is the default. */
const API_VARIABLES: Readonly<Partial<Record<Api, (platform: Platform) => Variables>>> = {
  language: ({ place }) => ({ GOOGLE_LANGUAGE_ENDPOINT: place.languageEndpoint }),
  pubsub: () => ({ GOOGLE_PUBSUB_TOPIC: "booking-events" }),
  smtp: ({ environment }) => mailVariables(environment),
  supabase: ({ environment }) => ({ SUPABASE_URL: environment.supabaseUrl }),
  telemetry: ({ place }) => ({ TRACES_ENDPOINT: place.tracesEndpoint }),
};

/** Must be registered for the OAuth client, character by character; the stack shows it as an output. */
export const redirectUri = (platform: Platform): string => `${functionUrl(platform, "google-auth")}/callback`;

/** Everything a function is told in plain text; `callers` are e-mails of the accounts whose tokens it accepts. */
export function functionEnvironment(
  platform: Platform,
  fn: DeployedFunction,
  callers: readonly string[],
): Record<string, string> {
  const { environment, place } = platform;
  return {
    ...Object.assign({}, ...fn.apis.map((api) => API_VARIABLES[api]?.(platform))),
    ...periodsOf(fn),
    ...(actsForConsultants(fn) && {
      GOOGLE_CLIENT_ID: environment.oauthClientId,
      GOOGLE_REDIRECT_URI: redirectUri(platform),
    }),
    ...(fn.name === "keep-watch" && { SYNC_CALENDAR_URL: functionUrl(platform, "sync-calendar") }),
    ...(fn.name === "google-auth" && {
      APP_URL: environment.appUrl,
      GOOGLE_DRIVE_RECORDINGS: environment.driveRecordings,
    }),
    ...(callers.length > 0 && { OIDC_AUDIENCE: functionUrl(platform, fn.name), OIDC_CALLERS: callers.join(",") }),
    GOOGLE_CLOUD_PROJECT_ID: environment.projectId,
    GOOGLE_CLOUD_REGION: place.region,
    DATA_RESIDENCY: environment.residency,
    // Google sets it on every new function; unset here, each plan would want to remove it.
    LOG_EXECUTION_ID: "true",
  };
}

function mailVariables({ mail, reconnectUrl }: Environment): Variables {
  return {
    SMTP_HOST: mail.host,
    SMTP_PORT: String(mail.port),
    ...(mail.user !== undefined && { SMTP_USER: mail.user }),
    MAIL_FROM: mail.from,
    RECONNECT_URL: reconnectUrl,
  };
}

/** Others have the API of Google's sign-in for its public keys alone. */
const actsForConsultants = ({ secrets }: DeployedFunction): boolean =>
  secrets.some(({ secret }) => secret === "google-client-secret");

/** `outboxClaimSeconds` -> `OUTBOX_CLAIM_SECONDS`. */
function periodsOf(fn: DeployedFunction): Variables {
  const name = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return Object.fromEntries(fn.timings.map((key) => [name(key), String(timings[key])]));
}
