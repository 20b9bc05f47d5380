import { environments } from "../../../infra/environments.ts";
import { places } from "../../../infra/residency.ts";
import { type CommandArguments, CommandError } from "../command.ts";

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
  workspaceevents: "GOOGLE_WORKSPACE_EVENTS_ENDPOINT",
} as const;

/** `--env NAME`, or what the variables say; null when neither names a project. */
export function readTarget({ values }: CommandArguments, variables: Variables): Target | null {
  const name = values["env"];
  return name === undefined ? describedByVariables(variables) : describedByFile(name);
}

function describedByFile(name: string): Target {
  const environment = environments.find((one) => one.name === name);
  if (environment === undefined) {
    const names = environments.map((one) => one.name).join(", ");
    throw new CommandError(`There is no environment "${name}". infra/environments.ts has: ${names}.`);
  }
  const { projectId, residency, supabaseUrl, oauthClientId } = environment;
  const { region, languageEndpoint } = places[residency];
  return {
    ...{ name, projectId, region, residency, supabaseUrl, clientId: oauthClientId, redirectUri: null },
    endpoints: { [endpointVariables.language]: languageEndpoint },
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
  const { region, languageEndpoint } = places[residency];
  return {
    ...{ name: null, projectId, residency },
    region: variables["GOOGLE_CLOUD_REGION"] || region,
    supabaseUrl: variables["SUPABASE_URL"] || null,
    clientId: variables["GOOGLE_CLIENT_ID"] || null,
    redirectUri: variables["GOOGLE_REDIRECT_URI"] || null,
    endpoints: { [endpointVariables.language]: languageEndpoint, ...Object.fromEntries(endpoints) },
  };
}

/** The command that brings an installation into the state of the topology. */
export const deployCommand = ({ name }: Target): string => `npm run deploy -- ${name ?? "ENV"}`;
