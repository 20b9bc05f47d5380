import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import { setPolicySchema } from "../rest/iam-policy.ts";
import { type Call, type Operation, ok } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import type { AdministrationState } from "./administration-state.ts";
import { holds, method, methodWithBody } from "./permitted.ts";

const manager = "cloudresourcemanager.googleapis.com";
const usage = "serviceusage.googleapis.com";
const project = "/v3/projects/:project";
const services = "/v1/projects/:project/services";

const getPolicySchema = z.strictObject({
  options: z.strictObject({ requestedPolicyVersion: z.int().optional() }).optional(),
});
const permissionsSchema = z.strictObject({ permissions: z.array(z.string()).max(100) });
const empty = z.strictObject({});

const resourceOf = ({ installation }: AdministrationState): string => `projects/${installation.projectId}`;

/** cloudresourcemanager.googleapis.com v3 and serviceusage.googleapis.com v1, as an operator uses them. */
export const projectOperations: readonly Operation<AdministrationState>[] = [
  method(
    { api: manager, name: "projects.get", verb: "GET", path: project, permission: "resourcemanager.projects.get" },
    (_call, { installation: { projectId, projectNumber } }) =>
      ok({ name: `projects/${projectNumber}`, projectId, displayName: projectId, state: "ACTIVE" }),
  ),
  methodWithBody(
    {
      ...{ api: manager, name: "projects.getIamPolicy", verb: "POST", path: `${project}\\:getIamPolicy` },
      permission: "resourcemanager.projects.getIamPolicy",
    },
    getPolicySchema,
    ({ options }, _call, state) => ok(state.policy(resourceOf(state)).show(options?.requestedPolicyVersion ?? 1)),
  ),
  methodWithBody(
    {
      ...{ api: manager, name: "projects.setIamPolicy", verb: "POST", path: `${project}\\:setIamPolicy` },
      permission: "resourcemanager.projects.setIamPolicy",
    },
    setPolicySchema,
    ({ policy }, _call, state) => {
      state.policy(resourceOf(state)).replace(policy);
      return ok(state.policy(resourceOf(state)).show(3));
    },
  ),
  methodWithBody(
    {
      ...{ api: manager, name: "projects.testIamPermissions", verb: "POST", path: `${project}\\:testIamPermissions` },
      permission: "resourcemanager.projects.get",
    },
    permissionsSchema,
    ({ permissions }, call, state) =>
      ok({ permissions: permissions.filter((name) => holds(call.principal, name, state)) }),
  ),
  method(
    {
      ...{ api: usage, name: "services.list", verb: "GET", path: services, query: ["filter", "pageSize", "pageToken"] },
      permission: "serviceusage.services.list",
    },
    listServices,
  ),
  switchService("enable"),
  switchService("disable"),
];

/** Only what is enabled can be listed here; Google's list of everything is long. */
function listServices({ query }: Call, state: AdministrationState) {
  if (query.get("filter") !== "state:ENABLED") {
    throw new GoogleError(501, "notImplemented", "Only the filter state:ENABLED is implemented.", "UNIMPLEMENTED");
  }
  const asked = { size: query.get("pageSize"), token: query.get("pageToken") };
  const { items, nextPageToken } = pageOf([...state.enabledApis].sort(), asked, { standard: 50, max: 200 });
  const { projectNumber } = state.installation;
  const shown = items.map((name) => ({
    name: `projects/${projectNumber}/services/${name}`,
    config: { name },
    state: "ENABLED",
    parent: `projects/${projectNumber}`,
  }));
  return ok({ services: shown, ...(nextPageToken !== undefined && { nextPageToken }) });
}

function switchService(verb: "enable" | "disable"): Operation<AdministrationState> {
  return methodWithBody(
    {
      ...{ api: usage, name: `services.${verb}`, verb: "POST", path: `${services}/:service\\:${verb}` },
      permission: `serviceusage.services.${verb}`,
    },
    empty,
    (_body, { params }, state) => {
      const service = params["service"] ?? "";
      if (verb === "enable") state.enabledApis.add(service);
      else state.enabledApis.delete(service);
      return ok({ name: `operations/${verb}.${service}`, done: true, response: {} });
    },
  );
}
