import { setPolicySchema } from "../rest/iam-policy.ts";
import { type Call, type Operation, ok } from "../rest/operation.ts";
import { type AdministrationState, type DeployedFunction, found } from "./administration-state.ts";
import { method, methodWithBody } from "./permitted.ts";

const run = "run.googleapis.com";
const service = "/v2/projects/:project/locations/:location/services/:name([^:\\/]+)";

/** cloudfunctions.googleapis.com v2 and run.googleapis.com v2: a function, the service behind it, who may call it. */
export const functionOperations: readonly Operation<AdministrationState>[] = [
  method(
    {
      ...{ api: "cloudfunctions.googleapis.com", name: "functions.get", verb: "GET" },
      path: "/v2/projects/:project/locations/:location/functions/:name",
      ...{ query: ["revision"], permission: "cloudfunctions.functions.get" },
    },
    (call, state) => ok(functionView(call, functionOf(call, state))),
  ),
  method(
    { api: run, name: "services.get", verb: "GET", path: service, permission: "run.services.get" },
    (call, state) => ok(serviceView(call, functionOf(call, state))),
  ),
  method(
    {
      ...{ api: run, name: "services.getIamPolicy", verb: "GET", path: `${service}\\:getIamPolicy` },
      ...{ query: ["options.requestedPolicyVersion"], permission: "run.services.getIamPolicy" },
    },
    (call, state) => {
      functionOf(call, state);
      return ok(state.policy(serviceName(call)).show(Number(call.query.get("options.requestedPolicyVersion") ?? 1)));
    },
  ),
  methodWithBody(
    {
      ...{ api: run, name: "services.setIamPolicy", verb: "POST", path: `${service}\\:setIamPolicy` },
      permission: "run.services.setIamPolicy",
    },
    setPolicySchema,
    ({ policy }, call, state) => {
      functionOf(call, state);
      state.policy(serviceName(call)).replace(policy);
      return ok(state.policy(serviceName(call)).show(3));
    },
  ),
];

/** Another region has none of them. */
function functionOf({ params, url }: Call, { functions, installation }: AdministrationState): DeployedFunction {
  const here = params["location"] === installation.region ? functions.get(params["name"] ?? "") : undefined;
  return found(here, url.pathname);
}

const parent = ({ params }: Call): string => `projects/${params["project"]}/locations/${params["location"]}`;
const serviceName = (call: Call): string => `${parent(call)}/services/${call.params["name"]}`;

function functionView(call: Call, deployed: DeployedFunction): unknown {
  const { state, runtime, urls, invokerIamDisabled: _service, ...serviceConfig } = deployed;
  return {
    name: `${parent(call)}/functions/${call.params["name"]}`,
    environment: "GEN_2",
    state,
    buildConfig: { runtime, entryPoint: call.params["name"] },
    serviceConfig: { ...serviceConfig, service: serviceName(call), uri: urls[0], allTrafficOnLatestRevision: true },
    url: urls[0],
  };
}

function serviceView(call: Call, { urls, invokerIamDisabled, state }: DeployedFunction): unknown {
  return {
    name: serviceName(call),
    uri: urls[0],
    urls,
    ...(invokerIamDisabled && { invokerIamDisabled }),
    terminalCondition: {
      type: "Ready",
      state: state === "ACTIVE" ? "CONDITION_SUCCEEDED" : "CONDITION_FAILED",
    },
  };
}
