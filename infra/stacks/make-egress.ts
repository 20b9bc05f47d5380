import { TerraformOutput, type TerraformStack } from "cdktf";
import type { Platform } from "../constructs/platform.ts";
import { StaticEgress } from "../constructs/static-egress.ts";

/** The connector through which functions reach out: the environment's own, one made here, or none. */
export function makeEgress(stack: TerraformStack, platform: Platform): string | undefined {
  const { vpcConnector, egressRange: range } = platform.environment;
  if (range === undefined) return vpcConnector;
  if (vpcConnector !== undefined) {
    throw new Error(`${platform.environment.name}: vpcConnector and egressRange exclude each other; keep one`);
  }
  const { connector, address } = new StaticEgress(stack, "egress", { platform, range });
  // To be let in by whoever asks for fixed addresses.
  new TerraformOutput(stack, "egress_address", { value: address });
  return connector;
}
