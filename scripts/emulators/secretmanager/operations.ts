import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import { denied, type Permits, setPolicySchema } from "../rest/iam-policy.ts";
import type { Call, Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import type { Secret, SecretStore, SecretVersion, VersionState } from "./secret-store.ts";
import { invalid, payloadChecksum } from "./secret-store.ts";

export interface SecretManagerState {
  readonly store: SecretStore;
  /** Service accounts that may create and change secrets (role Secret Manager Admin). */
  readonly admins: ReadonlySet<string>;
  /** Who else may, by the project's policy. */
  readonly permits: Permits;
}

const secretBody = z.strictObject({
  name: z.string().optional(),
  replication: z.strictObject({ automatic: z.strictObject({}).optional(), userManaged: z.looseObject({}).optional() }),
  labels: z.record(z.string(), z.string()).optional(),
  // The client always sends these three; nothing here acts on them, so they must be empty.
  annotations: z.strictObject({}).optional(),
  tags: z.strictObject({}).optional(),
  versionAliases: z.strictObject({}).optional(),
});
const versionBody = z.strictObject({
  parent: z.string().optional(),
  payload: z.strictObject({ data: z.base64(), dataCrc32c: z.union([z.string(), z.number()]).optional() }),
});
const stateBody = z.strictObject({ name: z.string().optional(), etag: z.string().optional() });

/** cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/list */
const VERSIONS = { standard: 25_000, max: 25_000 } as const;

const serviceAccounts = { query: [], serviceAccounts: true } as const;
const secrets = "/v1/projects/:project/secrets";
const secret = `${secrets}/:secret([^:\\/]+)`;
const version = `${secret}/versions/:version([^:\\/]+)`;

/** secretmanager.googleapis.com v1, what a deployment needs of it. */
export const operations: readonly Operation<SecretManagerState>[] = [
  {
    ...serviceAccounts,
    name: "secrets.create",
    method: "POST",
    path: secrets,
    query: ["secretId"],
    ...withBody<SecretManagerState, typeof secretBody>(secretBody, (body, call, state) => {
      requireAdmin(call, state, "secretmanager.secrets.create");
      const { project } = call.params;
      const name = `projects/${project}/secrets/${call.query.get("secretId") ?? ""}`;
      return ok(secretView(state.store.create(name, body.labels)));
    }),
  },
  {
    ...serviceAccounts,
    name: "secrets.list",
    method: "GET",
    path: secrets,
    query: ["pageSize", "pageToken", "filter"],
    run(call, state) {
      requireAdmin(call, state, "secretmanager.secrets.list");
      const found = state.store.list(call.params["project"] ?? "");
      return ok({ secrets: found.map(secretView), totalSize: found.length });
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.get",
    method: "GET",
    path: secret,
    run(call, state) {
      requireAdmin(call, state, "secretmanager.secrets.get");
      return ok(secretView(state.store.get(secretName(call))));
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.addVersion",
    method: "POST",
    path: `${secret}\\:addVersion`,
    ...withBody<SecretManagerState, typeof versionBody>(versionBody, ({ payload }, call, state) => {
      requireAdmin(call, state, "secretmanager.versions.add");
      const data = Buffer.from(payload.data, "base64");
      if (payload.dataCrc32c !== undefined && String(payload.dataCrc32c) !== payloadChecksum(data)) {
        throw invalid("The provided checksum does not match the payload data.");
      }
      const name = secretName(call);
      return ok(versionView(name, state.store.addVersion(name, data)));
    }),
  },
  {
    ...serviceAccounts,
    name: "secrets.versions.list",
    method: "GET",
    path: `${secret}/versions`,
    query: ["pageSize", "pageToken", "filter"],
    run(call, state) {
      requireAdmin(call, state, "secretmanager.versions.list");
      const filter = call.query.get("filter") ?? "";
      if (filter !== "" && filter !== "state:ENABLED") {
        throw new GoogleError(501, "notImplemented", `The filter ${filter} is not emulated.`, "UNIMPLEMENTED");
      }
      const name = secretName(call);
      const newestFirst = state.store.get(name).versions.toReversed();
      const wanted = newestFirst.filter((one) => filter === "" || one.state === "ENABLED");
      const page = pageOf(wanted, { size: call.query.get("pageSize"), token: call.query.get("pageToken") }, VERSIONS);
      const versions = page.items.map((one) => versionView(name, one));
      return ok({ versions, totalSize: wanted.length, nextPageToken: page.nextPageToken ?? "" });
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.versions.access",
    method: "GET",
    path: `${version}\\:access`,
    run(call, state) {
      const name = secretName(call);
      const wanted = call.params["version"] ?? "";
      const email = call.principal?.email ?? "";
      const isAllowed = state.admins.has(email) || state.permits(call.principal, "secretmanager.versions.access");
      // Before anything else: a stranger learns not even whether the secret exists. The role Secret Manager Admin may read.
      if (!isAllowed && state.store.find(name)?.isReadBy(email) !== true) {
        throw denied("secretmanager.versions.access", `${name}/versions/${wanted}`);
      }
      const { version: found, data } = state.store.payload(name, wanted);
      const payload = { data: data.toString("base64"), dataCrc32c: payloadChecksum(data) };
      return ok({ name: `${name}/versions/${found.number}`, payload });
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.versions.get",
    method: "GET",
    path: version,
    run(call, state) {
      requireAdmin(call, state, "secretmanager.versions.get");
      const name = secretName(call);
      return ok(versionView(name, state.store.version(name, call.params["version"] ?? "")));
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.getIamPolicy",
    method: "GET",
    path: `${secret}\\:getIamPolicy`,
    query: ["options.requestedPolicyVersion"],
    run(call, state) {
      requireAdmin(call, state, "secretmanager.secrets.getIamPolicy");
      const version = Number(call.query.get("options.requestedPolicyVersion") ?? 1);
      return ok(state.store.get(secretName(call)).policy.show(version));
    },
  },
  {
    ...serviceAccounts,
    name: "secrets.setIamPolicy",
    method: "POST",
    path: `${secret}\\:setIamPolicy`,
    ...withBody<SecretManagerState, typeof setPolicySchema>(setPolicySchema, ({ policy }, call, state) => {
      requireAdmin(call, state, "secretmanager.secrets.setIamPolicy");
      const holder = state.store.get(secretName(call)).policy;
      holder.replace(policy);
      return ok(holder.show(3));
    }),
  },
  stateOperation("disable", "DISABLED"),
  stateOperation("enable", "ENABLED"),
  stateOperation("destroy", "DESTROYED"),
];

function stateOperation(verb: string, next: VersionState): Operation<SecretManagerState> {
  return {
    ...serviceAccounts,
    name: `secrets.versions.${verb}`,
    method: "POST",
    path: `${version}\\:${verb}`,
    ...withBody<SecretManagerState, typeof stateBody>(stateBody, (_body, call, state) => {
      requireAdmin(call, state, `secretmanager.versions.${verb}`);
      const name = secretName(call);
      return ok(versionView(name, state.store.setState(name, call.params["version"] ?? "", next)));
    }),
  };
}

function secretName({ params }: Call): string {
  return `projects/${params["project"]}/secrets/${params["secret"]}`;
}

function requireAdmin(call: Call, { admins, permits }: SecretManagerState, permission: string): void {
  if (admins.has(call.principal?.email ?? "") || permits(call.principal, permission)) return;
  throw denied(permission, call.url.pathname.slice("/v1/".length));
}

function secretView({ name, createdAt, labels }: Secret): unknown {
  return { name, replication: { automatic: {} }, createTime: createdAt.toISOString(), labels };
}

function versionView(name: string, { number, createdAt, state }: SecretVersion): unknown {
  return { name: `${name}/versions/${number}`, createTime: createdAt.toISOString(), state };
}
