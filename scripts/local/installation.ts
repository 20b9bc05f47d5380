import { type Access, access, roleIdOf } from "../../infra/topology/access.ts";
import { topologyServices } from "../../infra/topology/api-services.ts";
import { type DeployedFunction, functions } from "../../infra/topology/functions.ts";
import { schedules } from "../../infra/topology/schedules.ts";
import { subscriptions } from "../../infra/topology/subscriptions.ts";
import { meetPublisher, type Topic, topics } from "../../infra/topology/topics.ts";
import type { Installation } from "../emulators/administration/administration-state.ts";
import type { PubSubEmulator } from "../emulators/pubsub/start-pubsub-emulator.ts";
import type { Addresses } from "./addresses.ts";
import { plainEnvironmentOf } from "./function-environment.ts";
import {
  audienceOf,
  localProject,
  operatorIdentity,
  pubsubAgent,
  pushIdentity,
  schedulerIdentity,
  serviceAccount,
  storageAgent,
  subscriptionPath,
  topicPath,
} from "./local-project.ts";

interface Grant {
  readonly role: string;
  readonly members: string[];
}

const { projectId, projectNumber, region } = localProject;
const declared: readonly DeployedFunction[] = functions;
const memberOf = (name: string): string => `serviceAccount:${serviceAccount(name)}`;
const owner: Grant = { role: "roles/owner", members: [`serviceAccount:${operatorIdentity}`] };

/** The project before anything is deployed: its operator may do everything. */
export const bareProject: Installation = {
  ...{ projectId, projectNumber, region, enabledApis: [], projectBindings: [owner] },
  ...{ accounts: {}, roles: {}, functions: {}, jobs: {} },
};

export interface InstallationOptions {
  readonly addresses: Addresses;
  readonly timeScale: number;
  readonly redirectUri: string;
  readonly functionUrl: (name: string) => string;
}

/** The project as the cloud stacks would leave it. */
export function localInstallation(options: InstallationOptions): Installation {
  return {
    ...bareProject,
    enabledApis: topologyServices(),
    projectBindings: [owner, ...accessBindings("project")],
    accounts: {
      ...Object.fromEntries(declared.map(({ name }) => [serviceAccount(name), []])),
      [pushIdentity]: [{ role: "roles/iam.serviceAccountOpenIdTokenCreator", members: [pubsubAgent] }],
      [schedulerIdentity]: [],
    },
    roles: Object.fromEntries(
      Object.entries<Access>(access).map(([name, { permissions }]) => [
        roleIdOf(name),
        { title: name, permissions: Object.keys(permissions) },
      ]),
    ),
    functions: Object.fromEntries(declared.map((fn) => [fn.name, deployedFunction(fn, options)])),
    jobs: Object.fromEntries(
      schedules.map(({ name, target, path, cron }) => [
        name,
        {
          ...{ schedule: cron, timeZone: "Etc/UTC", uri: `${options.functionUrl(target)}${path}` },
          ...{ serviceAccountEmail: schedulerIdentity, audience: audienceOf(target) },
        },
      ]),
    ),
  };
}

function deployedFunction(fn: DeployedFunction, options: InstallationOptions): Installation["functions"][string] {
  const isPublic = fn.trigger.kind === "public";
  return {
    ...{ state: "ACTIVE", runtime: "nodejs24", invokerIamDisabled: false },
    urls: [options.functionUrl(fn.name)],
    serviceAccountEmail: serviceAccount(fn.name),
    ingressSettings: isPublic ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY",
    environmentVariables: plainEnvironmentOf(fn, options),
    secretEnvironmentVariables: fn.secrets.map(({ env, secret }) => ({
      ...{ key: env, projectId, secret, version: "latest" },
    })),
    bindings: [{ role: "roles/run.invoker", members: isPublic ? ["allUsers"] : callersOf(fn.name) }],
  };
}

function callersOf(name: string): string[] {
  const pushed = subscriptions.some(({ pushTo }) => pushTo === name);
  const scheduled = schedules.some(({ target }) => target === name);
  return [...(pushed ? [memberOf("pubsub-push")] : []), ...(scheduled ? [memberOf("scheduler")] : [])];
}

/** Grants of the custom roles in one place, to the functions that the topology gives them to. */
function accessBindings(on: Access["on"]): Grant[] {
  return Object.entries<Access>(access)
    .filter(([, granted]) => granted.on === on)
    .map(([name]) => ({
      role: `projects/${projectId}/roles/${roleIdOf(name)}`,
      members: declared.filter((fn) => fn.access?.some((given) => given === name)).map((fn) => memberOf(fn.name)),
    }));
}

export const bucketBindings = (): readonly Grant[] => accessBindings("recordings");

/** Who publishes to each topic, and what Pub/Sub itself needs for dead letters. */
export function grantPubsub(pubsub: PubSubEmulator): void {
  const members = { meet: meetPublisher, storage: storageAgent, relay: memberOf("relay-outbox") };
  for (const { name, deadLetterTopic, publishers } of topics as readonly Topic[]) {
    for (const publisher of publishers) pubsub.grant(topicPath(name), "roles/pubsub.publisher", members[publisher]);
    pubsub.grant(topicPath(deadLetterTopic), "roles/pubsub.publisher", pubsubAgent);
  }
  for (const { name } of subscriptions) pubsub.grant(subscriptionPath(name), "roles/pubsub.subscriber", pubsubAgent);
}
