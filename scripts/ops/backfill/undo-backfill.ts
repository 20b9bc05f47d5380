import { z } from "zod";
import type { CommandInput, CommandResult } from "../command.ts";
import { followPipeline, type PipelineWork } from "../follow-pipeline.ts";
import { answered } from "../operator-database.ts";
import { counted } from "../pipeline-status.ts";
import type { Pace } from "./apply-plan.ts";
import { type BackfillScope, countStandings, ofConsultant, readBackfill } from "./backfill-record.ts";
import { describeReturn } from "./reasons.ts";

/** Answer of `read_backfill_undo`. */
const verdicts = z.array(z.object({ verdict: z.string(), count: z.int(), bookings: z.array(z.string()).nullable() }));
type Verdict = z.infer<typeof verdicts>[number];

export interface UndoOptions {
  readonly scope: BackfillScope;
  readonly pace: Pace;
  /** Also bookings that their platform has changed since. */
  readonly changedToo: boolean;
}

/** What an undo would do with every booking that the backfill took up. */
export async function describeUndo({ scope, changedToo }: UndoOptions): Promise<CommandResult> {
  // Says so when there is no such backfill.
  await readBackfill(scope);
  const found = await readVerdicts(scope);
  const undo = countOf(found, "undo") + (changedToo ? countOf(found, "changed") : 0);
  const lines = [
    `Backfill ${scope.id}: ${counted(undo, "booking")} would be undone: events it made go, adopted ones lose our mark; no mail.`,
    ...found.flatMap(linesOfVerdict),
    ...(undo > 0 ? ["Nothing was queued; run it again with --yes to do it."] : []),
  ];
  return { report: { applied: false, backfill: scope.id, undo, verdicts: found }, lines, ok: true };
}

/** Takes a backfill back and follows the bookings to their end. */
export async function undoBackfill(input: CommandInput, options: UndoOptions): Promise<CommandResult> {
  const { scope, pace, changedToo } = options;
  const { progress, interrupted } = input;
  const found = await readVerdicts(scope);
  const total = countOf(found, "undo") + countOf(found, "undoing") + (changedToo ? countOf(found, "changed") : 0);
  const { now: begunAt } = await readBackfill(scope);
  const work = workOf(scope, { changedToo, begunAt });
  const done = await followPipeline(work, { ...pace, total: Math.min(pace.limit, total), progress, interrupted });
  const after = await readBackfill(scope);
  const [undone, waiting, failed] = ["undone", "undo_waiting", "undo_failed"].map((name) =>
    countStandings(after, name),
  );
  const left = (await readVerdicts(scope)).filter(({ verdict }) => verdict !== "undone");
  const complete = done.complete && countOf(left, "undo") === 0 && countOf(left, "undoing") === 0;
  const report = { applied: true, backfill: scope.id, queued: done.queued, undone, waiting, failed, complete, left };
  const lines = [
    `Backfill ${scope.id}: ${counted(undone ?? 0, "booking")} undone, ${done.queued} asked for in this run.`,
    ...left.flatMap(linesOfVerdict),
    ...((waiting ?? 0) > 0 ? [`  ${waiting} wait for their consultant to connect Google again.`] : []),
    ...((failed ?? 0) > 0 ? [`  ${failed} could not be undone: npm run ops -- explain BOOKING says why.`] : []),
    ...(done.stalled ? ["Nothing has moved for minutes: npm run ops -- status says what is wrong."] : []),
    ...(complete ? [] : ["The same command goes on where this one stopped."]),
  ];
  return { report, lines, ok: !interrupted.aborted && !done.stalled && failed === 0 };
}

function workOf(
  scope: BackfillScope,
  { changedToo, begunAt }: { readonly changedToo: boolean; readonly begunAt: string },
): PipelineWork {
  const { supabase, id, consultantId } = scope;
  return {
    queue: async (bounds) => {
      const limits = { ...bounds, changedToo, begunAt };
      const wish = { p_backfill_id: id, p_limits: limits, ...ofConsultant(consultantId) };
      const queued = answered(await supabase.rpc("queue_backfill_undo", wish)) ?? 0;
      return { queued, seen: queued };
    },
    look: async () => {
      const record = await readBackfill(scope);
      return {
        underWay: countStandings(record, "undoing"),
        settled: countStandings(record, "undone", "undo_failed", "undo_waiting"),
      };
    },
  };
}

async function readVerdicts({ supabase, id, consultantId }: BackfillScope): Promise<Verdict[]> {
  const wish = { p_backfill_id: id, ...ofConsultant(consultantId) };
  return verdicts.parse(answered(await supabase.rpc("read_backfill_undo", wish)));
}

const countOf = (found: readonly Verdict[], verdict: string): number =>
  found.find((one) => one.verdict === verdict)?.count ?? 0;

function linesOfVerdict({ verdict, count, bookings }: Verdict): string[] {
  const named = verdict === "changed" || verdict === "held" || verdict === "gone" ? (bookings ?? []) : [];
  return [`  ${count} ${describeReturn(verdict)}`, ...named.map((id) => `    ${id}`)];
}
