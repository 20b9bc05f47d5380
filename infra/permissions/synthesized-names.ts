import { asText, type Resource, type StackUnderReview } from "../policies/policy.ts";
import { type ServiceAgentName, serviceAgents } from "../topology/service-agents.ts";

const REFERENCE = /\$\{(google_\w+\.[\w-]+)\.\w+\}/g;
const NAMES = ["account_id", "role_id", "repository_id", "secret_id", "name"];

/** Says what strings of the stack's JSON refer to, in the words of the topology. */
export interface Names {
  /** The end of a name, without the project's id: `recordings`, `booking-events`. */
  of(value: unknown): string;
  /** Whose account it is: a function's name, an identity's, `Google's pubsub agent`, `everyone`. */
  account(value: unknown): string;
}

export function namesIn({ resources, environment }: StackUnderReview): Names {
  const named = new Map(resources.map((resource) => [resource.address, ownName(resource)]));
  const spelledOut = (value: unknown): string =>
    asText(value).replaceAll(REFERENCE, (reference, address: string) => named.get(address) ?? reference);
  const short = (value: unknown): string => {
    const last = spelledOut(value).split("/").at(-1) ?? "";
    return last.startsWith(`${environment.projectId}-`) ? last.slice(environment.projectId.length + 1) : last;
  };
  return { of: short, account: (value) => accountOf(spelledOut(value)) };
}

export const EVERYONE = "everyone";

function ownName({ attributes }: Resource): string {
  return asText(NAMES.map((key) => attributes[key]).find((value) => value !== undefined));
}

function accountOf(member: string): string {
  if (member === "allUsers") return EVERYONE;
  if (member.includes("data.google_storage_project_service_account")) return agentTitle("storage");
  if (member.includes("meet-api-event-push@system")) return "Google Meet";
  const agent = serviceAgents.find(({ domain }) => member.includes(`@${domain}.`));
  if (agent !== undefined) return agentTitle(agent.name);
  return member.replace(/^serviceAccount:/, "").replace(/@.*/, "");
}

/** How the table calls one of Google's agents. */
export const agentTitle = (name: ServiceAgentName): string => `Google's ${name} agent`;
