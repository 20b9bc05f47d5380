import type { cloudscheduler_v1 } from "googleapis/build/src/apis/cloudscheduler/index.js";
import { type Schedule, schedules } from "#topology/schedules.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import {
  consoleLink,
  emailOf,
  type GoogleContext,
  googleCheck,
  projectFlag,
  SCHEDULER_ACCOUNT,
} from "./google-context.ts";
import { deployCommand } from "./target.ts";

/** Cloud Scheduler's jobs: there, enabled, calling the right address, and their last call went well. */
export function scheduleChecks(context: GoogleContext): Check[] {
  return schedules.flatMap((schedule) => [
    googleCheck(`schedule ${schedule.name}`, () => judgeSchedule(schedule, context)),
    googleCheck(`last run of ${schedule.name}`, () => judgeLastRun(schedule, context)),
  ]);
}

async function judgeSchedule(schedule: Schedule, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const [job, service, deployed] = await Promise.all([
    facts.job(schedule.name),
    facts.service(schedule.target),
    facts.deployed(schedule.target),
  ]);
  if (job === null) return fail("does not exist", "Deploy.", deployCommand(target));
  if (service === null || deployed === null) {
    return fail(`${schedule.target}, which it calls, is not deployed`, "Deploy.", deployCommand(target));
  }
  const where = [`--location=${target.region}`, projectFlag(target)];
  if (job.state !== "ENABLED") {
    const command = shell("gcloud", "scheduler", "jobs", "resume", schedule.name, ...where);
    return fail(`is ${job.state}`, "Resume it.", command);
  }
  const addresses = (service.urls ?? []).map((url) => `${url}${schedule.path}`);
  const audience = deployed.serviceConfig?.environmentVariables?.["OIDC_AUDIENCE"] ?? service.urls?.[0] ?? "";
  const email = emailOf(target, SCHEDULER_ACCOUNT);
  const problems = deviations(job, { schedule, addresses, audience, email });
  if (problems.length === 0) return pass(`calls ${schedule.target} (${schedule.cron})`);
  const command = shell(
    ...["gcloud", "scheduler", "jobs", "update", "http", schedule.name, ...where, `--schedule=${schedule.cron}`],
    ...[`--uri=${addresses[0] ?? ""}`, `--oidc-service-account-email=${email}`, `--oidc-token-audience=${audience}`],
  );
  return fail(problems.join("; "), "Set it.", command);
}

function deviations(
  job: cloudscheduler_v1.Schema$Job,
  wanted: { schedule: Schedule; addresses: readonly string[]; audience: string; email: string },
): string[] {
  const { uri, oidcToken } = job.httpTarget ?? {};
  const checks: readonly (readonly [ok: boolean, problem: string])[] = [
    [job.schedule === wanted.schedule.cron, `runs at "${job.schedule}"`],
    [wanted.addresses.includes(uri ?? ""), `does not call ${wanted.schedule.target}`],
    [oidcToken?.serviceAccountEmail === wanted.email, `is not signed by ${wanted.email}`],
    [oidcToken?.audience === wanted.audience, "the audience of its token is not what the function demands"],
  ];
  return checks.flatMap(([ok, problem]) => (ok ? [] : [problem]));
}

/** google.rpc.Code, as far as a call by HTTP ends in one. */
const OUTCOMES: Readonly<Record<number, string>> = {
  2: "an unexpected answer",
  3: "400, a request it does not understand",
  4: "no answer in time",
  5: "404, nothing at that address",
  7: "403, the caller is not let in",
  8: "429, too many requests",
  13: "500, an error inside",
  14: "no connection, or 503",
  16: "401, the caller is not known",
};

async function judgeLastRun(schedule: Schedule, { target, facts }: GoogleContext): Promise<Verdict> {
  const job = await facts.job(schedule.name);
  if (job === null) return fail("the job does not exist", "Deploy.", deployCommand(target));
  if (!job.lastAttemptTime) return pass("has not run yet");
  const code = job.status?.code ?? 0;
  if (code === 0) return pass(`went well at ${job.lastAttemptTime}`);
  const logs = consoleLink(target, `run/detail/${target.region}/${schedule.target}/logs`);
  const where = [`--location=${target.region}`, projectFlag(target)];
  const command = shell("gcloud", "scheduler", "jobs", "run", schedule.name, ...where);
  const outcome = OUTCOMES[code] ?? `code ${code}`;
  return fail(`failed at ${job.lastAttemptTime}: ${outcome}`, `Read why: ${logs} - then run it again.`, command);
}
