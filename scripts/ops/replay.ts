import { z } from "zod";
import { type Command, CommandError, type CommandInput, type CommandResult } from "./command.ts";
import { answered } from "./operator-database.ts";
import { rest } from "./paced-batches.ts";
import { counted } from "./pipeline-status.ts";
import { describeVerdict, judgeBookings, queueBookings } from "./queue-bookings.ts";
import { isApplied, readCount, readUuid } from "./read-arguments.ts";

/** What `read_dead_outbox` answers. */
const deadOutbox = z.object({
  asOf: z.string(),
  count: z.number(),
  rows: z.array(
    z.object({
      id: z.number(),
      topic: z.string(),
      kind: z.string().nullable(),
      bookingId: z.string().nullable(),
      attempts: z.number(),
      deadAt: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});

const SHOWN_ROWS = 20;
const MAX_BOOKINGS = 500;
const BATCH = 100;
const DEFAULT_RATE = 50;

export const replay: Command = {
  name: "replay",
  summary: "gives messages that were set aside back to the relay, and dead-letter bookings a new look",
  usage: `npm run ops -- replay [BOOKING...] [--yes] [--rate N] [--json]

Without BOOKING: outbox rows that could not be published and were set aside go back to the relay.
With BOOKING (up to ${MAX_BOOKINGS} ids, as a dead-letter message names them): these bookings are looked at again.
  --yes      do it; without it (or with --dry-run) only show what would be done
  --rate N   messages a second (${DEFAULT_RATE})
Doing it twice does it once: a row that was replayed is no longer set aside, a booking that waits is not queued again.`,
  options: { yes: "flag", "dry-run": "flag", rate: "value" },
  positionals: { min: 0, max: MAX_BOOKINGS },
  run: (input) => (input.arguments.positionals.length === 0 ? replayOutbox(input) : replayBookings(input)),
};

async function replayOutbox({
  arguments: args,
  database,
  progress,
  interrupted,
}: CommandInput): Promise<CommandResult> {
  const [applied, rate] = [isApplied(args), readCount(args, "rate", { fallback: DEFAULT_RATE, max: 1_000 })];
  const supabase = database();
  const dead = deadOutbox.parse(answered(await supabase.rpc("read_dead_outbox", { p_limit: SHOWN_ROWS })));
  if (!applied) {
    const rows = dead.rows.map(
      (row) => `  row ${row.id}, ${row.kind ?? row.topic}: ${row.reason ?? "no reason known"}`,
    );
    const hidden = dead.count - dead.rows.length;
    const more = hidden > 0 ? [`  and ${hidden} more`] : [];
    const next = dead.count > 0 ? ["Mend the cause, then run it again with --yes."] : [];
    const lines = [`${counted(dead.count, "message")} would go back to the relay.`, ...rows, ...more, ...next];
    return { report: { applied, dead: dead.count, rows: dead.rows }, lines, ok: true };
  }
  const limit = Math.min(BATCH, rate);
  let replayed = 0;
  for (let last = limit; last === limit && !interrupted.aborted; ) {
    last = answered(await supabase.rpc("replay_dead_outbox", { p_dead_before: dead.asOf, p_limit: limit })) ?? 0;
    replayed += last;
    progress.at(replayed, Math.max(dead.count, replayed));
    if (last === limit) await rest((limit / rate) * 1_000, interrupted);
  }
  const lines = [`${counted(replayed, "message")} went back to the relay.`];
  return { report: { applied, replayed, complete: !interrupted.aborted }, lines, ok: !interrupted.aborted };
}

async function replayBookings({ arguments: args, database }: CommandInput): Promise<CommandResult> {
  const applied = isApplied(args);
  const ids = [...new Set(args.positionals.map((text) => readUuid(text, "booking")))];
  const supabase = database();
  const verdicts = await judgeBookings(supabase, ids);
  const unknown = verdicts.filter(({ verdict }) => verdict === "unknown").map(({ id }) => id);
  if (unknown.length > 0) {
    throw new CommandError(
      `There is no booking ${unknown.join(", ")}; nothing was queued. Is SUPABASE_URL the right project?`,
    );
  }
  const queued = applied ? await queueBookings(supabase, { ids, command: "replay" }) : 0;
  const lines = verdicts.map(({ id, verdict }) => `${id}: ${describeVerdict(verdict)}`);
  const summary = applied
    ? `${counted(queued, "booking")} queued.`
    : "Nothing was queued; run it again with --yes to do it.";
  return { report: { applied, queued, bookings: verdicts }, lines: [...lines, summary], ok: true };
}
