import type { Supabase } from "#supabase/client.ts";
import type { Command, CommandInput, CommandResult } from "./command.ts";
import { assertConsultant } from "./known-consultant.ts";
import { answered } from "./operator-database.ts";
import { countPages, runPacedBatches } from "./paced-batches.ts";
import { counted } from "./pipeline-status.ts";
import { isApplied, readCount, readUuid } from "./read-arguments.ts";

const DEFAULT_RATE = 10;
const MAX_LIMIT = 1_000_000;
const SHOWN_BOOKINGS = 20;

export const backfill: Command = {
  name: "backfill",
  summary: "takes up confirmed bookings from before the migrations; nobody gets a mail",
  usage: `npm run ops -- backfill [--consultant ID] [--yes] [OPTIONS]

Confirmed bookings that are still ahead and that the pipeline has never seen get their event and Meet link.
Their customers get no mail. An event that somebody typed by hand stays, beside the new one.
  --consultant ID    only those of one consultant (consultants.id)
  --yes              do it; without it (or with --dry-run) show what would be taken up, waits or is skipped, and why
  --rate N           bookings a second (${DEFAULT_RATE})
  --limit N          take up at most so many (${MAX_LIMIT}); 1 is a good beginning
  --json             one JSON object on stdout
Broken off, it goes on where it stopped. Doing it twice does it once.`,
  options: {
    ...{ consultant: "value", yes: "flag", "dry-run": "flag", rate: "value", limit: "value" },
  },
  positionals: { min: 0, max: 0 },
  async run(input) {
    const { arguments: args, database } = input;
    const limit = readCount(args, "limit", { fallback: MAX_LIMIT, max: MAX_LIMIT });
    const consultant = args.values["consultant"];
    const consultantId = consultant === undefined ? undefined : readUuid(consultant, "consultant");
    const supabase = database();
    if (consultantId !== undefined) await assertConsultant(supabase, consultantId);
    const page = pagesOf(supabase, consultantId);
    const plan = await planBackfill(page);
    return isApplied(args) ? apply(input, { supabase, page, plan, limit }) : showPlan(plan);
  },
};

interface Candidate {
  readonly id: string;
  readonly startsAt: string;
  readonly verdict: string;
  readonly reason: string | null;
}

type Page = (after: string | null, limit: number) => Promise<Candidate[]>;

interface BackfillPlan {
  readonly take: number;
  readonly wait: number;
  readonly skip: number;
  /** How many for each reason to wait or skip. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first few, with what would become of each. */
  readonly bookings: readonly Candidate[];
}

function pagesOf(supabase: Supabase, consultantId: string | undefined): Page {
  return async (after, limit) => {
    const rows = answered(
      await supabase.rpc("list_backfill_bookings", {
        p_limit: limit,
        ...(after !== null && { p_after: after }),
        ...(consultantId !== undefined && { p_consultant_id: consultantId }),
      }),
    );
    return (rows ?? []).map((row) => ({
      ...{ id: row.booking_id, startsAt: row.starts_at, verdict: row.verdict, reason: row.reason },
    }));
  };
}

/** Reads every candidate and keeps counts and the first few. */
async function planBackfill(page: Page): Promise<BackfillPlan> {
  const counts = { take: 0, wait: 0, skip: 0 };
  const reasons: Record<string, number> = {};
  const bookings: Candidate[] = [];
  const onItems = (items: readonly Candidate[]): void => {
    for (const item of items) {
      counts[item.verdict as keyof typeof counts] += 1;
      if (item.reason !== null) reasons[item.reason] = (reasons[item.reason] ?? 0) + 1;
      if (bookings.length < SHOWN_BOOKINGS) bookings.push(item);
    }
  };
  await countPages(page, onItems);
  return { ...counts, reasons, bookings };
}

function showPlan(plan: BackfillPlan): CommandResult {
  const { take, wait, skip, reasons, bookings } = plan;
  const lines = [
    `${counted(take, "booking")} would be taken up, ${wait} would wait for their consultant, ${skip} would be skipped; no mail.`,
    ...Object.entries(reasons).map(([reason, count]) => `  ${count}: ${reason}`),
    ...bookings.map(({ id, startsAt, verdict }) => `  ${id} at ${startsAt}: ${verdict}`),
    ...(take + wait > 0 ? ["Nothing was queued; run it again with --yes to do it."] : []),
  ];
  return { report: { applied: false, ...plan }, lines, ok: true };
}

interface Application {
  readonly supabase: Supabase;
  readonly page: Page;
  readonly plan: BackfillPlan;
  readonly limit: number;
}

async function apply(input: CommandInput, { supabase, page, plan, limit }: Application): Promise<CommandResult> {
  const { arguments: args, progress, interrupted } = input;
  const total = Math.min(limit, plan.take + plan.wait + plan.skip);
  progress.at(0, total);
  const done = await runPacedBatches({
    ...{ limit, interrupted, page },
    rate: readCount(args, "rate", { fallback: DEFAULT_RATE, max: 100 }),
    apply: async (candidates) => {
      const ids = candidates.filter(({ verdict }) => verdict !== "skip").map(({ id }) => id);
      return answered(await supabase.rpc("queue_backfill", { p_booking_ids: ids })) ?? 0;
    },
    onProgress: (seen) => progress.at(seen, Math.max(seen, total)),
  });
  const rest = done.complete ? [] : ["More are left; the same command goes on where this one stopped."];
  const lines = [`${counted(done.queued, "booking")} taken up, ${done.seen - done.queued} skipped.`, ...rest];
  return { report: { applied: true, ...done, skipped: done.seen - done.queued }, lines, ok: !interrupted.aborted };
}
