import type { Addresses } from "./addresses.ts";
import { localProject } from "./local-project.ts";

export interface OperatorEnvironmentOptions {
  readonly addresses: Addresses;
  readonly redirectUri: string;
  /** `127.0.0.1:PORT` of the metadata server that knows the operator's account. */
  readonly metadataHost: string;
}

/** Variables that point `npm run ops` at a local stack, and let it in as the project's owner. */
export function operatorEnvironmentOf({ addresses, redirectUri, metadataHost }: OperatorEnvironmentOptions) {
  return {
    SUPABASE_URL: addresses.supabaseUrl,
    SUPABASE_SECRET_KEY: addresses.supabaseSecretKey,
    GOOGLE_CLOUD_PROJECT_ID: localProject.projectId,
    GOOGLE_CLOUD_REGION: localProject.region,
    DATA_RESIDENCY: localProject.residency,
    GOOGLE_CLIENT_ID: localProject.clientId,
    GOOGLE_CLIENT_SECRET: localProject.clientSecret,
    GOOGLE_REDIRECT_URI: redirectUri,
    GOOGLE_ADMINISTRATION_ENDPOINT: addresses.administration,
    GOOGLE_CALENDAR_ENDPOINT: addresses.calendar,
    GOOGLE_DRIVE_ENDPOINT: addresses.drive,
    GOOGLE_LANGUAGE_ENDPOINT: addresses.language,
    GOOGLE_MEET_ENDPOINT: addresses.meet,
    GOOGLE_OAUTH_ENDPOINT: addresses.oauth,
    GOOGLE_PUBSUB_ENDPOINT: addresses.pubsubRest,
    GOOGLE_SECRET_MANAGER_ENDPOINT: addresses.secretmanager,
    GOOGLE_SPEECH_ENDPOINT: addresses.speech,
    GOOGLE_STORAGE_ENDPOINT: addresses.storage,
    GOOGLE_WORKSPACE_EVENTS_ENDPOINT: addresses.workspaceevents,
    PUBSUB_EMULATOR_HOST: addresses.pubsubHost,
    TRACES_ENDPOINT: `${addresses.telemetry}/v1/traces`,
    GCE_METADATA_HOST: metadataHost,
    METADATA_SERVER_DETECTION: "assume-present",
  } as const;
}
