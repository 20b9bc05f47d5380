import type { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { Bundles } from "../bundles/bundles.ts";
import { DeployedFunction } from "../constructs/deployed-function.ts";
import type { DurableTopic } from "../constructs/durable-topic.ts";
import { FunctionBuild } from "../constructs/function-build.ts";
import type { Identities } from "../constructs/identities.ts";
import type { Platform } from "../constructs/platform.ts";
import { functions } from "../topology/functions.ts";
import { makeAccess } from "./grant-access.ts";
import { makeEgress } from "./make-egress.ts";
import { type Named, named } from "./named.ts";

export interface FunctionsConfig {
  readonly platform: Platform;
  readonly bundles: Bundles;
  readonly identities: Identities;
  readonly topics: Named<DurableTopic>;
}

/** Every function of the topology, with its account's rights. */
export function makeFunctions(stack: TerraformStack, config: FunctionsConfig): Named<DeployedFunction> {
  const { platform, bundles, identities } = config;
  const connector = makeEgress(stack, platform);
  const scope = new Construct(stack, "functions");
  const build = new FunctionBuild(stack, "function-build", platform);
  const grantAccess = makeAccess(stack, config);
  const made = new Map<string, DeployedFunction>();
  for (const fn of functions) {
    const bundle = named(bundles, fn.name);
    const callers = identities.callersOf(fn);
    const deployed = new DeployedFunction(scope, fn.name, { platform, fn, build, bundle, callers, connector });
    grantAccess(deployed, fn);
    made.set(fn.name, deployed);
  }
  return made;
}
