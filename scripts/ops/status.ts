import { type PipelineStatus, pipelineStatus } from "#contracts/pipeline-status.ts";
import { thresholds } from "#topology/thresholds.ts";
import type { Command } from "./command.ts";
import { answered } from "./operator-database.ts";
import { problemsOf } from "./pipeline-status.ts";
import { duration } from "./progress.ts";

export const status: Command = {
  name: "status",
  summary: "counts, ages and backlog; exit code 1 when something is wrong",
  usage: `npm run ops -- status [--json]

Shows where all bookings stand, what waits and for how long, and what is wrong.
Exit code 0: nothing is wrong. Exit code 1: the sentences after "Wrong:" say what, and what to do.
Consultants who have to connect Google again are shown and are nothing wrong: they were told by mail.`,
  options: {},
  positionals: { min: 0, max: 0 },
  async run({ database }) {
    const answer = await database().rpc("read_pipeline_status", {
      p_recent_seconds: thresholds.recentSeconds,
      p_expiring_seconds: thresholds.subscriptionExpiringSeconds,
    });
    const found = pipelineStatus.parse(answered(answer));
    const problems = problemsOf(found);
    return {
      report: { ok: problems.length === 0, problems, ...found },
      lines: [...table(found), "", ...verdict(problems)],
      ok: problems.length === 0,
    };
  },
};

function verdict(problems: readonly string[]): string[] {
  return problems.length === 0 ? ["Nothing is wrong."] : problems.map((problem) => `Wrong: ${problem}.`);
}

function table(found: PipelineStatus): string[] {
  const { outbox, subscriptions, mail, rejectedInputs } = found;
  const rejected = rejectedInputs.reduce((sum, { count }) => sum + count, 0);
  const rows: [string, string][] = [
    ["bookings", `${list(found.bookings)}; ${found.neverSeenBookings} ahead that the pipeline never saw`],
    ["last 30 days", FUNNEL.map((stage) => `${found.funnel[stage]} ${stage}`).join(", ")],
    ["oldest step", steps(found.oldestSteps)],
    ["outbox", `${outbox.waiting} waiting${aged(outbox.oldestWaitingSeconds)}`],
    ["", `${outbox.dead} set aside${aged(outbox.oldestDeadSeconds)}`],
    ["connections", list(found.connections)],
    [
      "subscriptions",
      `${subscriptions.active} active (${subscriptions.expiring} end within a day), ${subscriptions.expired} expired, ${subscriptions.missing} missing`,
    ],
    ["recordings", list(found.recordings)],
    ["Speech", `${Math.round(found.speechMinutesLastDay)} minutes in the last day`],
    ["mail", `${mail.unsent} unsent${aged(mail.oldestUnsentSeconds)}, ${mail.failed} failed`],
    ["rejected inputs", `${rejected} in the last day`],
    ...rejectedInputs.map(({ edge, reason, count }): [string, string] => ["", `${count} at ${edge}: ${reason}`]),
  ];
  return rows.map(([name, text]) => `${name.padEnd(16)} ${text}`);
}

/** Meetings that are over, by how far they got. */
const FUNNEL = ["confirmed", "scheduled", "captured", "transcribed", "analyzed"] as const;

function steps(oldest: PipelineStatus["oldestSteps"]): string {
  const waiting = Object.entries(oldest).flatMap(([step, age]) => (age === null ? [] : `${step} for ${duration(age)}`));
  return waiting.length === 0 ? "none is under way" : waiting.join(", ");
}

const aged = (seconds: number | null): string => (seconds === null ? "" : `, the oldest for ${duration(seconds)}`);

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  return entries.length === 0 ? "none" : entries.map(([name, count]) => `${count} ${name}`).join(", ");
}
