import type { z } from "zod";
import type { Principal } from "../rest/emulator.ts";
import { GoogleError } from "../rest/errors.ts";
import { denied } from "../rest/iam-policy.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { withBody } from "../rest/operation.ts";
import type { AdministrationState } from "./administration-state.ts";

/** What the predefined roles that an operator may have let them do; everything else lets them do nothing here. */
const PREDEFINED: Readonly<Record<string, RegExp>> = {
  "roles/owner": /./,
  "roles/viewer": /\.(get|list)$/,
  "roles/iam.securityReviewer": /\.(getIamPolicy|list)$/,
};

/** One method of one API: it must be enabled, and the caller must have the permission on the project. */
export interface Method {
  readonly api: string;
  readonly name: string;
  readonly verb: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: readonly string[];
  readonly permission: string;
}

type Run<Body> = (body: Body, call: Call, state: AdministrationState) => Reply;

/** A method without a body. */
export function method(spec: Method, run: (call: Call, state: AdministrationState) => Reply) {
  return {
    ...common(spec),
    run: (call: Call, state: AdministrationState): Reply => {
      screen(spec, call, state);
      return run(call, state);
    },
  };
}

/** A method whose body the schema describes. */
export function methodWithBody<Schema extends z.ZodType>(spec: Method, schema: Schema, run: Run<z.output<Schema>>) {
  return {
    ...common(spec),
    ...withBody<AdministrationState, Schema>(schema, (body, call, state) => {
      screen(spec, call, state);
      return run(body, call, state);
    }),
  };
}

function common({ name, verb, path, query = [] }: Method): Omit<Operation<AdministrationState>, "run" | "body"> {
  const scopes = ["https://www.googleapis.com/auth/cloud-platform"];
  return { name, method: verb, path, query, scopes, serviceAccounts: true };
}

function screen({ api, permission }: Method, call: Call, state: AdministrationState): void {
  const { projectId, projectNumber } = state.installation;
  const project = call.params["project"];
  if (project !== projectId && project !== projectNumber && project !== "-")
    throw denied(permission, call.url.pathname);
  if (!state.enabledApis.has(api)) {
    const message = `${api} has not been used in project ${projectNumber} before or it is disabled.`;
    throw new GoogleError(403, "SERVICE_DISABLED", message, "PERMISSION_DENIED");
  }
  if (!holds(call.principal, permission, state)) throw denied(permission, call.url.pathname);
}

/** Whether the project's policy lets somebody do something; a grant under a condition does not count here. */
export function holds(principal: Principal | null, permission: string, state: AdministrationState): boolean {
  if (principal === null) return false;
  const { projectId } = state.installation;
  const member = principal.kind === "user" ? `user:${principal.email}` : `serviceAccount:${principal.email}`;
  return state.policy(`projects/${projectId}`).bindings.some(({ role, members, condition }) => {
    if (condition !== undefined || !members.includes(member)) return false;
    if (!role.startsWith("projects/")) return PREDEFINED[role]?.test(permission) === true;
    const custom = state.roles.get(role.split("/").at(-1) ?? "");
    return custom !== undefined && !custom.deleted && custom.includedPermissions.includes(permission);
  });
}
