import { type Access, type AccessName, access, roleIdOf } from "#topology/access.ts";
import { type DeployedFunction, functions } from "#topology/functions.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import {
  emailOf,
  type GoogleContext,
  googleCheck,
  memberOf,
  PUSH_ACCOUNT,
  projectFlag,
  pubsubAgent,
  SCHEDULER_ACCOUNT,
} from "./google-context.ts";
import { judgeGrants } from "./policy.ts";
import { deployCommand } from "./target.ts";

const declared: readonly DeployedFunction[] = functions;
const roles: Readonly<Record<string, Access>> = access;

/** Service accounts, custom roles with exactly the topology's permissions, and who has them. */
export function accountChecks(context: GoogleContext): Check[] {
  const names = [...declared.map(({ name }) => name), PUSH_ACCOUNT, SCHEDULER_ACCOUNT];
  return [
    ...names.map((name) => googleCheck(`account ${name}`, () => judgeAccount(name, context))),
    googleCheck(`signing as ${PUSH_ACCOUNT}`, () => judgeSigning(context)),
    ...Object.keys(roles).map((name) => googleCheck(`role ${roleIdOf(name)}`, () => judgeRole(name, context))),
    ...declared.flatMap((fn) =>
      (fn.access ?? []).map((name) =>
        googleCheck(`right of ${fn.name} to ${name}`, () => judgeAccess(fn.name, name, context)),
      ),
    ),
  ];
}

async function judgeAccount(name: string, { target, facts }: GoogleContext): Promise<Verdict> {
  const email = emailOf(target, name);
  const account = await facts.account(email);
  if (account === null) return fail("does not exist", "Deploy.", deployCommand(target));
  if (account.disabled !== true) return pass(email);
  const command = shell("gcloud", "iam", "service-accounts", "enable", email, projectFlag(target));
  return fail("is disabled", "Enable it, unless somebody disabled it for a reason.", command);
}

/** In projects from before April 2021 Pub/Sub signs nothing without this. */
async function judgeSigning(context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const email = emailOf(target, PUSH_ACCOUNT);
  const policy = await facts.accountPolicy(email);
  if (policy === null) return fail("the account does not exist", "Deploy.", deployCommand(target));
  const role = "roles/iam.serviceAccountOpenIdTokenCreator";
  return judgeGrants([policy, await facts.projectPolicy()], [{ role, member: await pubsubAgent(context) }], {
    on: { group: ["iam", "service-accounts"], resource: email, flags: [projectFlag(target)] },
    why: "Pub/Sub signs its pushes with it.",
  });
}

async function judgeRole(name: string, { target, facts }: GoogleContext): Promise<Verdict> {
  const id = roleIdOf(name);
  const wanted = Object.keys(roles[name]?.permissions ?? {});
  const role = await facts.role(id);
  if (role === null) return fail("does not exist", "Deploy.", deployCommand(target));
  if (role.deleted === true) {
    const command = shell("gcloud", "iam", "roles", "undelete", id, projectFlag(target));
    return fail("was deleted: its grants do nothing", "Bring it back; after a week it is gone for good.", command);
  }
  const held = new Set(role.includedPermissions ?? []);
  const missing = wanted.filter((permission) => !held.has(permission));
  const surplus = [...held].filter((permission) => !wanted.includes(permission));
  if (missing.length === 0 && surplus.length === 0) return pass(wanted.join(", "));
  const parts = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(surplus.length > 0 ? [`has ${surplus.join(", ")} beyond what is needed`] : []),
  ];
  const flags = [projectFlag(target), `--permissions=${wanted.join(",")}`];
  return fail(parts.join("; "), "Set its permissions.", shell("gcloud", "iam", "roles", "update", id, ...flags));
}

async function judgeAccess(fn: string, name: AccessName, { target, facts }: GoogleContext): Promise<Verdict> {
  const { projectId } = target;
  const wanted = [{ role: `projects/${projectId}/roles/${roleIdOf(name)}`, member: memberOf(target, fn) }];
  const calls = new Set(Object.values(roles[name]?.permissions ?? {}));
  const why = `${fn} needs it for ${[...calls].join(", ")}.`;
  const project = await facts.projectPolicy();
  if (access[name].on === "project") {
    return judgeGrants([project], wanted, { on: { group: ["projects"], resource: projectId }, why });
  }
  const bucket = `${projectId}-recordings`;
  const policy = await facts.bucketPolicy(bucket);
  if (policy === null) return fail(`the bucket ${bucket} does not exist`, "Deploy.", deployCommand(target));
  const on = { group: ["storage", "buckets"], resource: `gs://${bucket}` };
  return judgeGrants([policy as Parameters<typeof judgeGrants>[0][number], project], wanted, { on, why });
}
