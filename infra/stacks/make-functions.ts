import { Construct } from "constructs";
import type { Bundles } from "../bundles/bundles.ts";
import { AccessRoles } from "../constructs/access-roles.ts";
import { DeployedFunction } from "../constructs/deployed-function.ts";
import type { DurableTopic } from "../constructs/durable-topic.ts";
import { FunctionBuild } from "../constructs/function-build.ts";
import type { Identities } from "../constructs/identities.ts";
import { bucketName, type Platform } from "../constructs/platform.ts";
import { type DeployedFunction as FunctionTopology, functions } from "../topology/functions.ts";
import { type Topic, topics } from "../topology/topics.ts";
import { type Named, named } from "./named.ts";

export interface FunctionsConfig {
  readonly platform: Platform;
  readonly bundles: Bundles;
  readonly identities: Identities;
  readonly topics: Named<DurableTopic>;
  readonly connector: string | undefined;
}

/** Every function of the topology, with its account's rights. */
export function makeFunctions(stack: Construct, config: FunctionsConfig): Named<DeployedFunction> {
  const { platform, bundles, identities, connector } = config;
  const scope = new Construct(stack, "functions");
  const build = new FunctionBuild(stack, "function-build", platform);
  const roles = new AccessRoles(stack, "access", platform);
  const made = new Map<string, DeployedFunction>();
  for (const fn of functions) {
    const bundle = named(bundles, fn.name);
    const callers = identities.callersOf(fn);
    const deployed = new DeployedFunction(scope, fn.name, { platform, fn, build, bundle, callers, connector });
    grantAccess(deployed, fn, { platform, roles });
    if (publishes(fn)) letPublish(deployed, fn, config.topics);
    made.set(fn.name, deployed);
  }
  return made;
}

function grantAccess(
  deployed: DeployedFunction,
  fn: FunctionTopology,
  { platform, roles }: { platform: Platform; roles: AccessRoles },
): void {
  const bucket = bucketName(platform, "recordings");
  for (const name of fn.access ?? []) roles.grant(deployed, { name, member: deployed.account.member, bucket });
}

/** The one function that talks to Pub/Sub itself is the relay; the others leave rows in the outbox. */
const publishes = (fn: FunctionTopology): boolean => fn.apis.includes("pubsub");

function letPublish({ account }: DeployedFunction, fn: FunctionTopology, made: Named<DurableTopic>): void {
  const relayed = topics.filter(({ publishers }: Topic) => publishers.includes("relay"));
  for (const { name } of relayed) named(made, name).letPublish(`${fn.name}-publishes`, account.member);
}
