import type { Supabase } from "#supabase/client.ts";
import type { CommandInput, CommandResult } from "../command.ts";
import { answered } from "../operator-database.ts";
import { rest } from "../paced-batches.ts";
import { counted } from "../pipeline-status.ts";
import {
  type BackfillRecord,
  type BackfillScope,
  isWanted,
  ofConsultant,
  readBackfill,
  sum,
} from "./backfill-record.ts";
import { describeReason } from "./reasons.ts";

/** PostgREST gives at most 1,000 rows an answer (db/supabase/config.toml). */
const PAGE = 1_000;
const LOOK_PAUSE_MS = 1_000;
/** A calendar that Google does not show by then is left to a later plan; Pub/Sub goes on asking meanwhile. */
const READ_PATIENCE_MS = 3 * 60_000;
const SAMPLES_EACH = 3;

/** Makes the plan anew: the bookings from the database, then one look into each consultant's calendar. */
export async function makePlan(
  supabase: Supabase,
  { consultantId, wait, input }: { consultantId: string | null; wait: boolean; input: CommandInput },
): Promise<BackfillScope> {
  const id = answered(await supabase.rpc("open_backfill", ofConsultant(consultantId))) ?? 0;
  const scope = { supabase, id, consultantId };
  for (let after: string | null = null, more = true; more && !input.interrupted.aborted; ) {
    // The generated type knows no nullable arguments; null begins at the beginning.
    const page = { p_backfill_id: id, p_after: after as string, p_limit: PAGE };
    const taken = answered(await supabase.rpc("plan_backfill_page", page)) as { last: string | null; count: number };
    [after, more] = [taken.last, taken.count === PAGE];
  }
  answered(await supabase.rpc("queue_calendar_reads", { p_backfill_id: id }));
  if (wait) await awaitCalendars(scope, input);
  return scope;
}

/** Follows the reading; gives up when no calendar has come in for a while. */
async function awaitCalendars(scope: BackfillScope, { progress, interrupted }: CommandInput): Promise<void> {
  let [last, movedAt] = [-1, performance.now()];
  while (!interrupted.aborted && performance.now() - movedAt < READ_PATIENCE_MS) {
    const { asked, read } = (await readBackfill(scope)).calendars;
    if (asked > 0) progress.at(read, asked);
    if (read >= asked) return;
    if (read > last) [last, movedAt] = [read, performance.now()];
    await rest(LOOK_PAUSE_MS, interrupted);
  }
}

/** What a plan says, in numbers and a few examples. With `wanted` whole, one that lacks calendars is a failure. */
export async function describePlan(scope: BackfillScope, wanted: "whole" | "as it is"): Promise<CommandResult> {
  const plan = await readBackfill(scope);
  const samples = await readSamples(scope);
  const { id, calendars, problems } = plan;
  const counts = countsOf(plan);
  const report = { applied: false, backfill: id, ...counts, calendars, problems, samples };
  return {
    report,
    lines: linesOf(plan, { counts, samples }),
    ok: wanted === "as it is" || calendars.read >= calendars.asked,
  };
}

function countsOf(plan: BackfillRecord) {
  const groups = plan.groups.filter(({ standing }) => standing === "planned");
  const of = (action: string) => sum(groups.filter((one) => one.action === action && one.decision === null));
  const decided = (decision: string) => sum(groups.filter((one) => one.decision === decision));
  const reasons: Record<string, number> = {};
  for (const { reason, count } of groups) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + count;
  return {
    create: of("create") + decided("create"),
    adopt: decided("adopt"),
    unconfirmed: of("adopt"),
    conflict: of("conflict"),
    skip: of("skip") + decided("skip"),
    wanted: sum(groups.filter(isWanted)),
    reasons,
    underWay: sum(plan.groups.filter(({ standing }) => standing !== "planned")),
  };
}

interface Sample {
  readonly id: string;
  readonly startsAt: string;
  readonly action: string;
  readonly reason: string | null;
  readonly eventId: string | null;
}

async function readSamples({ supabase, id, consultantId }: BackfillScope): Promise<Sample[]> {
  const bounds = { p_backfill_id: id, p_each: SAMPLES_EACH, ...ofConsultant(consultantId) };
  const rows = answered(await supabase.rpc("sample_backfill_items", bounds)) ?? [];
  return rows.map((row) => ({
    ...{ id: row.booking_id, startsAt: row.starts_at },
    ...{ action: row.action, reason: row.reason, eventId: row.event_id },
  }));
}

interface Described {
  readonly counts: ReturnType<typeof countsOf>;
  readonly samples: readonly Sample[];
}

function linesOf(plan: BackfillRecord, { counts, samples }: Described): string[] {
  const { create, adopt, unconfirmed, conflict, skip, wanted, reasons, underWay } = counts;
  const { asked, read } = plan.calendars;
  return [
    `Backfill ${plan.id}, planned at ${plan.plannedAt}: ${counted(create, "booking")} would get an event, ${adopt} would adopt one that was typed by hand, ${skip} would be skipped; no mail.`,
    ...(unconfirmed > 0
      ? [
          `${unconfirmed} match an event that was typed by hand and are adopted only once confirmed (--confirm-adoptions).`,
        ]
      : []),
    ...(conflict > 0
      ? [`${counted(conflict, "conflict")}: left alone until a person decides (--out, --decisions).`]
      : []),
    ...Object.entries(reasons).map(([reason, count]) => `  ${count}: ${describeReason(reason)}`),
    ...(read < asked
      ? [`${asked - read} of ${counted(asked, "calendar")} could not be read yet; plan again later.`]
      : []),
    ...plan.problems.map(({ problem, count }) => `  ${counted(count, "calendar")}: ${problem}`),
    ...samples.map(sampleLine),
    ...(underWay > 0 ? [`${underWay} of this backfill were taken up already.`] : []),
    ...(wanted > 0 ? ["Nothing was queued; run it again with --yes to do it."] : []),
  ];
}

function sampleLine({ id, startsAt, action, reason, eventId }: Sample): string {
  const why = reason === null ? "" : ` (${describeReason(reason)})`;
  return `  ${id} at ${startsAt}: ${action}${why}${eventId === null ? "" : `, event ${eventId}`}`;
}
