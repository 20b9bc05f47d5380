import type { Construct } from "constructs";
import { AccessRoles } from "../constructs/access-roles.ts";
import type { DeployedFunction } from "../constructs/deployed-function.ts";
import type { DurableTopic } from "../constructs/durable-topic.ts";
import { bucketName, type Platform } from "../constructs/platform.ts";
import type { DeployedFunction as FunctionTopology } from "../topology/functions.ts";
import { type Topic, topics } from "../topology/topics.ts";
import { type Named, named } from "./named.ts";

export interface AccessConfig {
  readonly platform: Platform;
  readonly topics: Named<DurableTopic>;
}

/** Makes the custom roles; the answer gives a function's account what the topology says that it may do. */
export function makeAccess(
  stack: Construct,
  { platform, topics: made }: AccessConfig,
): (deployed: DeployedFunction, fn: FunctionTopology) => void {
  const roles = new AccessRoles(stack, "access", platform);
  const bucket = bucketName(platform, "recordings");
  return (deployed, fn) => {
    for (const name of fn.access ?? []) roles.grant(deployed, { name, member: deployed.account.member, bucket });
    if (publishes(fn)) letPublish(deployed, fn, made);
  };
}

/** The one function that talks to Pub/Sub itself is the relay; the others leave rows in the outbox. */
const publishes = (fn: FunctionTopology): boolean => fn.apis.includes("pubsub");

function letPublish({ account }: DeployedFunction, fn: FunctionTopology, made: Named<DurableTopic>): void {
  const relayed = topics.filter(({ publishers }: Topic) => publishers.includes("relay"));
  for (const { name } of relayed) named(made, name).letPublish(`${fn.name}-publishes`, account.member);
}
