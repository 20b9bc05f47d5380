import type { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import type { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import type { Environment } from "../environment.ts";
import type { Place } from "../residency.ts";
import type { SecretName } from "../topology/functions.ts";
import { labels } from "../topology/labels.ts";
import { type ServiceAgentName, serviceAgents } from "../topology/service-agents.ts";

/** What every construct of an environment is told. */
export interface Platform {
  readonly environment: Environment;
  readonly place: Place;
  readonly project: DataGoogleProject;
  readonly labels: Readonly<Record<string, string>>;
  /** The version of a secret that functions read: a number the deployment names, else `latest`. */
  readonly secretVersion: (name: SecretName) => string;
}

export function labelsOf({ name, residency }: Environment): Record<string, string> {
  return { ...labels, environment: name, residency };
}

export function serviceAgent({ project }: Platform, name: ServiceAgentName): string {
  const domain = serviceAgents.find((agent) => agent.name === name)?.domain;
  return `serviceAccount:service-${project.number}@${domain}.iam.gserviceaccount.com`;
}

/** An account's full name, of what a plan knows: the account's own `name` is known after the apply. */
export const accountName = ({ environment }: Platform, { email }: ServiceAccount): string =>
  `projects/${environment.projectId}/serviceAccounts/${email}`;

/**
 * The address that Cloud Run gives a function, known before it exists: a function can be told its own address.
 * Pub/Sub and Cloud Scheduler count as internal callers under this address only, not under cloudfunctions.net.
 */
export const functionUrl = ({ project, place }: Platform, name: string): string =>
  `https://${name}-${project.number}.${place.region}.run.app`;

export const bucketName = ({ environment }: Platform, name: string): string => `${environment.projectId}-${name}`;
