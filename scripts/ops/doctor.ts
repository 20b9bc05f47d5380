import { type Command, CommandError, type CommandInput } from "./command.ts";
import { environmentChecks, isDatabaseOf } from "./doctor/check-environment.ts";
import { databaseChecks } from "./doctor/database-checks.ts";
import { type Area, type Check, unknown } from "./doctor/finding.ts";
import { report } from "./doctor/report.ts";
import { runChecks } from "./doctor/run-checks.ts";
import { readTarget, type Target } from "./doctor/target.ts";

const AT_ONCE = 12;
const DEADLINE_MS = 15_000;
/** What `--only` leaves. */
const CHOICES: Readonly<Record<string, readonly Area[]>> = {
  database: ["environment", "database"],
  google: ["environment", "google"],
};

export const doctor: Command = {
  name: "doctor",
  summary: "checks the environment, the database and Google, and says how to mend what is wrong",
  usage: `npm run ops -- doctor [--env NAME] [--only database|google] [--check TEXT] [--json]

Compares what is deployed with what this release wants: the operator's variables; the database with its key, migrations,
Vault, triggers, rights, exposed schemas, time zones, tokens and Workspace subscriptions; at Google the APIs, service
accounts, roles, functions and their callers, topics and their publishers (Meet among them), subscriptions, schedules,
secrets, bucket, the OAuth client's redirect address and secret; and the clocks of all three. Changes nothing.

  --env NAME    the installation in infra/environments.ts (or in --file FILE); without it variables say which
  --only PART   database or google
  --check TEXT  only checks whose name contains it, as after a mend: --check "publishers of"

Google is asked with your Application Default Credentials (gcloud auth application-default login); Viewer and Security
Reviewer see nearly all, Secret Manager Secret Accessor lets keys be compared, which are never shown.
Each check is pass, fail (with what to do), unknown (it could not be asked) or skip. Exit code 1 when one failed.`,
  options: { env: "value", file: "value", only: "value", check: "value" },
  positionals: { min: 0, max: 0 },
  async run(input) {
    const checks = await chosenChecks(input);
    const { progress } = input;
    const findings = await runChecks(checks, {
      atOnce: AT_ONCE,
      deadlineMs: DEADLINE_MS,
      onDone: (done, total) => progress.at(done, total),
    });
    return report(findings);
  },
};

async function chosenChecks(input: CommandInput): Promise<readonly Check[]> {
  const areas = areasOf(input.arguments.values["only"]);
  const target = await readTarget(input.arguments, input.environment);
  const checks = [
    ...environmentChecks(input.environment),
    ...(target === null || target.name === null ? [] : [isDatabaseOf(target, input.environment)]),
    ...databaseChecks(input.database),
    ...(areas.includes("google") ? await checksOfGoogle(input, target) : []),
  ];
  const text = input.arguments.values["check"] ?? "";
  const chosen = checks.filter(({ area, name }) => areas.includes(area) && name.includes(text));
  if (chosen.length === 0) throw new CommandError(`No check has "${text}" in its name; --json lists all names.`);
  return chosen;
}

/** Google's clients take a while to load: only where they are wanted. */
async function checksOfGoogle({ environment, database }: CommandInput, target: Target | null): Promise<Check[]> {
  if (target === null) return [{ area: "google", name: "Google", run: () => unknown("no project is named", NAME_ONE) }];
  const { googleChecks } = await import("./doctor/google-checks.ts");
  return googleChecks({ target, variables: environment, database });
}

const NAME_ONE = "Give --env NAME, or set GOOGLE_CLOUD_PROJECT_ID.";

function areasOf(only: string | undefined): readonly Area[] {
  if (only === undefined) return ["environment", "database", "google"];
  const areas = CHOICES[only];
  if (areas === undefined) throw new CommandError(`--only takes database or google, not "${only}".`);
  return areas;
}
