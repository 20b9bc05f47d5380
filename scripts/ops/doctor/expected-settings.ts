import type { Api, DeployedFunction } from "#topology/functions.ts";
import { endpointVariables, type Target } from "./target.ts";

/** What a function must be told of its installation; null: the variable must not be there. */
export function expectedSettings(fn: DeployedFunction, target: Target): Readonly<Record<string, string | null>> {
  const apis: readonly Api[] = fn.apis;
  const variables: Readonly<Partial<Record<Api, string>>> = endpointVariables;
  const endpoints = apis.flatMap((api) => {
    const variable = variables[api];
    return variable === undefined ? [] : [[variable, target.endpoints[variable] ?? null] as const];
  });
  return {
    ...Object.fromEntries(endpoints),
    GOOGLE_CLOUD_PROJECT_ID: target.projectId,
    GOOGLE_CLOUD_REGION: target.region,
    DATA_RESIDENCY: target.residency,
    ...known("SUPABASE_URL", apis.includes("supabase") ? target.supabaseUrl : null),
    ...known("GOOGLE_CLIENT_ID", actsForConsultants(fn) ? target.clientId : null),
    ...known("GOOGLE_REDIRECT_URI", actsForConsultants(fn) ? target.redirectUri : null),
  };
}

/** Others have Google's sign-in for its public keys alone. */
const actsForConsultants = ({ secrets }: DeployedFunction): boolean =>
  secrets.some(({ secret }) => secret === "google-client-secret");

/** What the operator does not say is not compared. */
const known = (name: string, value: string | null): Record<string, string> => (value === null ? {} : { [name]: value });
