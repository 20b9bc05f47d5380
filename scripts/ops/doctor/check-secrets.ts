import { type DeployedFunction, functions, type SecretName, secretNames } from "#topology/functions.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import { type GoogleContext, googleCheck, memberOf, projectFlag } from "./google-context.ts";
import { judgeGrants, judgePublic } from "./policy.ts";
import { deployCommand } from "./target.ts";

const ACCESSOR = "roles/secretmanager.secretAccessor";
const declared: readonly DeployedFunction[] = functions;

/** Each secret has a value that can be read, and its functions may read it; values are not looked at here. */
export function secretChecks(context: GoogleContext): Check[] {
  return secretNames.flatMap((secret) => [
    googleCheck(`secret ${secret}`, () => judgeVersion(secret, context)),
    googleCheck(`readers of ${secret}`, () => judgeReaders(secret, context)),
  ]);
}

async function judgeVersion(secret: SecretName, { target, facts }: GoogleContext): Promise<Verdict> {
  const version = await facts.newestVersion(secret);
  const add = shell("gcloud", "secrets", "versions", "add", secret, "--data-file=-", projectFlag(target));
  const checked = `npm run ops -- secrets set ${secret} --env ${target.name ?? "ENV"}`;
  const mend = `Store it: ${checked} (which tries it out), or pipe it into the command.`;
  if (version === null) return fail("has no value, or does not exist", mend, add);
  if (version.state === "ENABLED") return pass("its newest version is enabled");
  if (version.state !== "DISABLED") return fail(`its newest version is ${version.state}`, mend, add);
  const number = version.name?.split("/").at(-1) ?? "latest";
  const flags = [`--secret=${secret}`, projectFlag(target)];
  return fail(
    "its newest version is disabled: no function that binds it starts",
    "Enable it, or add a new one.",
    shell("gcloud", "secrets", "versions", "enable", number, ...flags),
  );
}

async function judgeReaders(secret: SecretName, { target, facts }: GoogleContext): Promise<Verdict> {
  const policy = await facts.secretPolicy(secret);
  if (policy === null) return fail("the secret does not exist", "Deploy.", deployCommand(target));
  const on = { group: ["secrets"], resource: secret, flags: [projectFlag(target)] };
  const isOpen = judgePublic(policy, on);
  if (isOpen !== null) return isOpen;
  const readers = declared.filter(
    ({ secrets, readsSecrets = [] }) =>
      secrets.some((bound) => bound.secret === secret) || readsSecrets.includes(secret),
  );
  const wanted = readers.map(({ name }) => ({ role: ACCESSOR, member: memberOf(target, name) }));
  return judgeGrants([policy, await facts.projectPolicy()], wanted, {
    on,
    why: "the function does not start without.",
  });
}
