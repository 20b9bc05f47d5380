import type { CommandInput, CommandResult } from "../command.ts";
import { type FollowOptions, followPipeline, type PipelineWork } from "../follow-pipeline.ts";
import { answered } from "../operator-database.ts";
import { counted } from "../pipeline-status.ts";
import { type BackfillScope, countStandings, isWanted, ofConsultant, readBackfill, sum } from "./backfill-record.ts";

export type Pace = Pick<FollowOptions, "rate" | "perConsultant" | "limit" | "wait">;

const SETTLED = ["applied", "failed", "refused", "waiting", "dropped"] as const;

/** Carries a plan out and follows the bookings to their end. */
export async function applyBackfill(
  input: CommandInput,
  { scope, pace }: { readonly scope: BackfillScope; readonly pace: Pace },
): Promise<CommandResult> {
  const { progress, interrupted } = input;
  const before = await readBackfill(scope);
  const total = Math.min(pace.limit, sum(before.groups.filter(isWanted))) + countStandings(before, "queued");
  const done = await followPipeline(workOf(scope), { ...pace, total, progress, interrupted });
  const after = await readBackfill(scope);
  const counts = Object.fromEntries([...SETTLED, "queued"].map((name) => [name, countStandings(after, name)]));
  const { queued: underWay = 0, ...settled } = counts;
  const complete = done.complete && sum(after.groups.filter(isWanted)) === 0;
  const report = { applied: true, backfill: scope.id, queued: done.queued, complete, underWay, standing: settled };
  const ok = !interrupted.aborted && !done.stalled && (settled["failed"] ?? 0) === 0;
  return { report, lines: linesOf(report, done.stalled), ok };
}

function workOf(scope: BackfillScope): PipelineWork {
  const { supabase, id, consultantId } = scope;
  return {
    queue: async (bounds) => {
      const wish = { p_backfill_id: id, p_limits: { ...bounds }, ...ofConsultant(consultantId) };
      const answer = answered(await supabase.rpc("queue_backfill_items", wish)) as { queued: number; dropped: number };
      return { queued: answer.queued, seen: answer.queued + answer.dropped };
    },
    look: async () => {
      const record = await readBackfill(scope);
      return { underWay: countStandings(record, "queued"), settled: countStandings(record, ...SETTLED) };
    },
  };
}

interface ApplyReport {
  readonly backfill: number;
  readonly queued: number;
  readonly complete: boolean;
  readonly underWay: number;
  readonly standing: Readonly<Record<string, number>>;
}

const ENDS: readonly (readonly [string, string])[] = [
  ["applied", "have their event and link"],
  ["waiting", "wait for their consultant to connect Google again, and go on by themselves then"],
  ["refused", "were not adopted: the event is no longer what was confirmed, and nothing was touched. Plan again"],
  ["dropped", "have changed since the plan and were left to the pipeline. Plan again to see"],
  ["failed", "failed: npm run ops -- explain BOOKING says why (--show --out FILE lists them)"],
];

function linesOf({ backfill, queued, complete, underWay, standing }: ApplyReport, stalled: boolean): string[] {
  return [
    `Backfill ${backfill}: ${counted(queued, "booking")} taken up in this run.`,
    ...ENDS.filter(([name]) => (standing[name] ?? 0) > 0).map(([name, words]) => `  ${standing[name]} ${words}.`),
    ...(underWay > 0 ? [`  ${underWay} are under way.`] : []),
    ...(stalled ? ["Nothing has moved for minutes: npm run ops -- status says what is wrong."] : []),
    ...(complete ? [] : ["More are left; the same command goes on where this one stopped."]),
  ];
}
