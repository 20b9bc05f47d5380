import type { DeployedFunction } from "#topology/functions.ts";
import { functions } from "#topology/functions.ts";
import { schedules } from "#topology/schedules.ts";
import { subscriptions } from "#topology/subscriptions.ts";
import { shell } from "./commands.ts";
import { expectedSettings } from "./expected-settings.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import {
  consoleLink,
  emailOf,
  type GoogleContext,
  googleCheck,
  memberOf,
  PUSH_ACCOUNT,
  projectFlag,
  SCHEDULER_ACCOUNT,
} from "./google-context.ts";
import { judgeGrants, judgePublic } from "./policy.ts";
import { deployCommand } from "./target.ts";

const INVOKER = "roles/run.invoker";
const declared: readonly DeployedFunction[] = functions;

/** Each function: whether it runs, what it was told, and who may call it. */
export function functionChecks(context: GoogleContext): Check[] {
  return declared.flatMap((fn) => [
    googleCheck(`function ${fn.name}`, () => judgeFunction(fn, context)),
    googleCheck(`settings of ${fn.name}`, () => judgeSettings(fn, context)),
    googleCheck(`callers of ${fn.name}`, () => judgeCallers(fn, context)),
  ]);
}

const notDeployed = ({ target }: GoogleContext): Verdict =>
  fail(`is not deployed in ${target.region}`, "Deploy.", deployCommand(target));

async function judgeFunction(fn: DeployedFunction, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const deployed = await facts.deployed(fn.name);
  if (deployed === null) return notDeployed(context);
  if (deployed.state !== "ACTIVE") {
    const said = (deployed.stateMessages ?? []).map(({ message }) => message).join("; ");
    const logs = consoleLink(target, `run/detail/${target.region}/${fn.name}/logs`);
    return fail(`is ${deployed.state}${said && `: ${said}`}`, `Look: ${logs} - then deploy.`, deployCommand(target));
  }
  const { serviceAccountEmail, ingressSettings } = deployed.serviceConfig ?? {};
  const wrong = [
    ...(serviceAccountEmail === emailOf(target, fn.name) ? [] : [`runs as ${serviceAccountEmail}`]),
    ...(fn.trigger.kind !== "public" && ingressSettings === "ALLOW_ALL" ? ["takes requests from outside"] : []),
  ];
  return wrong.length === 0
    ? pass(`is active as ${serviceAccountEmail}`)
    : fail(wrong.join("; "), "Deploy.", deployCommand(target));
}

/** Names of variables only: a value that somebody put in the wrong place may be a secret. */
async function judgeSettings(fn: DeployedFunction, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const deployed = await facts.deployed(fn.name);
  if (deployed === null) return notDeployed(context);
  const callers = callersOf(fn.name).map((account) => emailOf(target, account));
  const { environmentVariables, secretEnvironmentVariables } = deployed.serviceConfig ?? {};
  const variables = environmentVariables ?? {};
  const wrong = Object.entries(expectedSettings(fn, target)).flatMap(([name, value]) =>
    (variables[name] ?? null) === value ? [] : [`${name} ${deviation(variables[name], value)}`],
  );
  const told = (variables["OIDC_CALLERS"] ?? "").split(",").map((email) => email.trim());
  const unheard = callers.filter((email) => !told.includes(email)).map((email) => `OIDC_CALLERS lacks ${email}`);
  const bound = (secretEnvironmentVariables ?? []).map(({ key, secret }) => `${key} from ${secret}`);
  const unbound = fn.secrets.flatMap(({ env, secret }) =>
    bound.includes(`${env} from ${secret}`) ? [] : [`${env} does not come from the secret ${secret}`],
  );
  const open = fn.secrets.flatMap(({ env }) => (env in variables ? [`${env} is in plain text`] : []));
  const stale = (await Promise.all((secretEnvironmentVariables ?? []).map((one) => staleness(one, context)))).flat();
  const problems = [...wrong, ...unheard, ...unbound, ...open, ...stale];
  return problems.length === 0
    ? pass("are those of the topology")
    : fail(problems.join("; "), "Deploy.", deployCommand(target));
}

/** A deployment names the versions that functions start with: a newer one is not read before the next deployment. */
async function staleness(
  { secret, version }: { readonly secret?: string | null; readonly version?: string | null },
  { facts }: GoogleContext,
): Promise<string[]> {
  if (!secret || !version || version === "latest") return [];
  const newest = (await facts.newestVersion(secret))?.name?.split("/").at(-1);
  return newest === undefined || newest === version
    ? []
    : [`starts with version ${version} of ${secret}, the newest is ${newest}`];
}

function deviation(value: string | undefined, expected: string | null): string {
  if (value === undefined) return "is missing";
  return expected === null ? "points elsewhere and should not be set" : "is another than the installation's";
}

async function judgeCallers(fn: DeployedFunction, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const [policy, service] = await Promise.all([facts.callers(fn.name), facts.service(fn.name)]);
  if (policy === null || service === null) return notDeployed(context);
  const flags = [`--region=${target.region}`, projectFlag(target)];
  const on = { group: ["run", "services"], resource: fn.name, flags };
  if (fn.trigger.kind === "public") {
    return judgeGrants([policy], [{ role: INVOKER, member: "allUsers" }], { on, why: "it checks its callers itself." });
  }
  if (service.invokerIamDisabled === true) {
    const command = shell("gcloud", "run", "services", "update", fn.name, ...flags, "--invoker-iam-check");
    return fail("Cloud Run asks nobody who they are", "Switch the check on.", command);
  }
  const wanted = callersOf(fn.name).map((account) => ({ role: INVOKER, member: memberOf(target, account) }));
  const isOpen = judgePublic(policy, on);
  if (isOpen !== null) return isOpen;
  return judgeGrants([policy, await facts.projectPolicy()], wanted, { on, why: "nothing reaches it otherwise." });
}

/** Accounts that sign calls to a function. */
function callersOf(name: string): string[] {
  const pushed = subscriptions.some(({ pushTo }) => pushTo === name);
  const scheduled = schedules.some(({ target }) => target === name);
  return [...(pushed ? [PUSH_ACCOUNT] : []), ...(scheduled ? [SCHEDULER_ACCOUNT] : [])];
}
