import type { Environment } from "../environment.ts";
import { topologyServices } from "../topology/api-services.ts";
import { serviceAgents } from "../topology/service-agents.ts";

/** Every API to enable, sorted; with an environment, those of what it chose too. */
export function apiServices(environment?: Environment): readonly string[] {
  return [...new Set([...topologyServices(), ...chosenBy(environment)])].sort();
}

function chosenBy(environment: Environment | undefined): readonly string[] {
  const { kmsKey, vpcConnector, egressRange, monthlyBudget } = environment ?? {};
  const throughVpc = vpcConnector !== undefined || egressRange !== undefined;
  return [
    ...(kmsKey === undefined ? [] : ["cloudkms.googleapis.com", ...serviceAgents.map(({ service }) => service)]),
    ...(throughVpc ? ["compute.googleapis.com", "vpcaccess.googleapis.com"] : []),
    ...(monthlyBudget === undefined ? [] : ["billingbudgets.googleapis.com"]),
  ];
}
