import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import { setPolicySchema } from "../rest/iam-policy.ts";
import { type Call, type Operation, ok } from "../rest/operation.ts";
import { type AdministrationState, type CustomRole, found, type ServiceAccount } from "./administration-state.ts";
import { method, methodWithBody } from "./permitted.ts";

const api = "iam.googleapis.com";
const account = "/v1/projects/:project/serviceAccounts/:account";
const role = "/v1/projects/:project/roles/:role";

const roleSchema = z.strictObject({
  name: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  includedPermissions: z.array(z.string().regex(/^[a-z]\w*(\.\w+){2,3}$/)).optional(),
  stage: z.string().optional(),
  etag: z.string().optional(),
});
const empty = z.strictObject({});

/** iam.googleapis.com v1: service accounts and the project's custom roles. */
export const identityOperations: readonly Operation<AdministrationState>[] = [
  method(
    { api, name: "serviceAccounts.get", verb: "GET", path: account, permission: "iam.serviceAccounts.get" },
    (call, state) => ok(accountView(accountOf(call, state), state)),
  ),
  ...(["enable", "disable"] as const).map((verb) =>
    methodWithBody(
      {
        ...{ api, name: `serviceAccounts.${verb}`, verb: "POST", path: `${account}\\:${verb}` },
        permission: `iam.serviceAccounts.${verb}`,
      },
      empty,
      (_body, call, state) => {
        accountOf(call, state).disabled = verb === "disable";
        return ok({});
      },
    ),
  ),
  method(
    {
      ...{ api, name: "serviceAccounts.getIamPolicy", verb: "POST", path: `${account}\\:getIamPolicy` },
      ...{ query: ["options.requestedPolicyVersion"], permission: "iam.serviceAccounts.getIamPolicy" },
    },
    (call, state) => {
      const version = Number(call.query.get("options.requestedPolicyVersion") ?? 1);
      return ok(state.policy(accountName(accountOf(call, state), state)).show(version));
    },
  ),
  methodWithBody(
    {
      ...{ api, name: "serviceAccounts.setIamPolicy", verb: "POST", path: `${account}\\:setIamPolicy` },
      permission: "iam.serviceAccounts.setIamPolicy",
    },
    setPolicySchema,
    ({ policy }, call, state) => {
      const holder = state.policy(accountName(accountOf(call, state), state));
      holder.replace(policy);
      return ok(holder.show(3));
    },
  ),
  method({ api, name: "roles.get", verb: "GET", path: role, permission: "iam.roles.get" }, (call, state) =>
    ok(roleView(call, roleOf(call, state))),
  ),
  methodWithBody(
    { api, name: "roles.patch", verb: "PATCH", path: role, query: ["updateMask"], permission: "iam.roles.update" },
    roleSchema,
    ({ includedPermissions }, call, state) => {
      const changed = roleOf(call, state);
      if (call.query.get("updateMask") !== "includedPermissions") {
        throw new GoogleError(501, "notImplemented", "Only includedPermissions can be patched.", "UNIMPLEMENTED");
      }
      if (changed.deleted) {
        throw new GoogleError(400, "failedPrecondition", "You can't update a deleted role.", "FAILED_PRECONDITION");
      }
      changed.includedPermissions = includedPermissions ?? [];
      return ok(roleView(call, changed));
    },
  ),
  // A deleted role is shown for a week, and its grants do nothing meanwhile.
  method({ api, name: "roles.delete", verb: "DELETE", path: role, permission: "iam.roles.delete" }, (call, state) => {
    roleOf(call, state).deleted = true;
    return ok(roleView(call, roleOf(call, state)));
  }),
  methodWithBody(
    { api, name: "roles.undelete", verb: "POST", path: `${role}\\:undelete`, permission: "iam.roles.undelete" },
    z.strictObject({ etag: z.string().optional() }),
    (_body, call, state) => {
      roleOf(call, state).deleted = false;
      return ok(roleView(call, roleOf(call, state)));
    },
  ),
];

function accountOf({ params }: Call, state: AdministrationState): ServiceAccount {
  const email = params["account"] ?? "";
  return found(state.accounts.get(email), `projects/${params["project"]}/serviceAccounts/${email}`);
}

const accountName = ({ email }: ServiceAccount, { installation }: AdministrationState): string =>
  `projects/${installation.projectId}/serviceAccounts/${email}`;

function accountView(shown: ServiceAccount, state: AdministrationState): unknown {
  const { projectId } = state.installation;
  // Google leaves `disabled` out where it is false.
  return { name: accountName(shown, state), projectId, email: shown.email, ...(shown.disabled && { disabled: true }) };
}

const roleOf = ({ params }: Call, state: AdministrationState): CustomRole =>
  found(state.roles.get(params["role"] ?? ""), `projects/${params["project"]}/roles/${params["role"]}`);

function roleView({ params }: Call, { title, includedPermissions, deleted }: CustomRole): unknown {
  const name = `projects/${params["project"]}/roles/${params["role"]}`;
  return { name, title, includedPermissions, stage: "GA", ...(deleted && { deleted: true }) };
}
