import type { Environment } from "../../../infra/environment.ts";
import { type Place, places } from "../../../infra/residency.ts";
import { apiServices } from "../../../infra/stacks/api-services.ts";
import type { CommandArguments } from "../command.ts";
import { chosenEnvironment } from "../environment-file.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The installation that is looked at. */
export interface Target {
  /** Its name in `infra/environments.ts`; null: described by environment variables. */
  readonly name: string | null;
  readonly projectId: string;
  readonly region: string;
  readonly residency: string;
  readonly supabaseUrl: string | null;
  readonly clientId: string | null;
  /** Null: what google-auth was deployed with is taken. */
  readonly redirectUri: string | null;
  /** APIs that the project must have enabled. */
  readonly apis: readonly string[];
  /** Endpoint variables that functions must have, with these values; the others they must not have. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Every variable that points a function's clients elsewhere, by the topology's name of the API. */
export const endpointVariables = {
  calendar: "GOOGLE_CALENDAR_ENDPOINT",
  drive: "GOOGLE_DRIVE_ENDPOINT",
  language: "GOOGLE_LANGUAGE_ENDPOINT",
  meet: "GOOGLE_MEET_ENDPOINT",
  oauth: "GOOGLE_OAUTH_ENDPOINT",
  pubsub: "PUBSUB_EMULATOR_HOST",
  secretmanager: "GOOGLE_SECRET_MANAGER_ENDPOINT",
  speech: "GOOGLE_SPEECH_ENDPOINT",
  storage: "GOOGLE_STORAGE_ENDPOINT",
  telemetry: "TRACES_ENDPOINT",
  workspaceevents: "GOOGLE_WORKSPACE_EVENTS_ENDPOINT",
} as const;

/** `--env NAME`, or what the variables say; null when neither names a project. */
export async function readTarget(args: CommandArguments, variables: Variables): Promise<Target | null> {
  const isNamed = args.values["env"] !== undefined || args.values["file"] !== undefined;
  return isNamed ? targetOf(await chosenEnvironment(args)) : describedByVariables(variables);
}

/** An installation as `infra/environments.ts` describes it. */
export function targetOf(environment: Environment): Target {
  const { name, projectId, residency, supabaseUrl, oauthClientId } = environment;
  const place = places[residency];
  const { region } = place;
  return {
    ...{ name, projectId, region, residency, supabaseUrl, clientId: oauthClientId, redirectUri: null },
    apis: apiServices(environment),
    endpoints: usualEndpoints(place),
  };
}

function describedByVariables(variables: Variables): Target | null {
  const projectId = variables["GOOGLE_CLOUD_PROJECT_ID"];
  if (!projectId) return null;
  const endpoints = Object.values(endpointVariables).flatMap((variable) => {
    const value = variables[variable];
    return value ? [[variable, value] as const] : [];
  });
  const residency = variables["DATA_RESIDENCY"] === "eu" ? "eu" : "us";
  const place = places[residency];
  return {
    ...{ name: null, projectId, residency },
    region: variables["GOOGLE_CLOUD_REGION"] || place.region,
    supabaseUrl: variables["SUPABASE_URL"] || null,
    clientId: variables["GOOGLE_CLIENT_ID"] || null,
    redirectUri: variables["GOOGLE_REDIRECT_URI"] || null,
    apis: apiServices(),
    endpoints: { ...usualEndpoints(place), ...Object.fromEntries(endpoints) },
  };
}

/** Where a function is sent unless the operator's variables say otherwise. */
const usualEndpoints = ({ languageEndpoint, tracesEndpoint }: Place): Record<string, string> => ({
  [endpointVariables.language]: languageEndpoint,
  [endpointVariables.telemetry]: tracesEndpoint,
});

/** The command that brings an installation into the state of the topology. */
export const deployCommand = ({ name }: Target): string => `npm run deploy -- ${name ?? "ENV"}`;
