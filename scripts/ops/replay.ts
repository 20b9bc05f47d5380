import { z } from "zod";
import { type Command, CommandError, type CommandInput, type CommandResult } from "./command.ts";
import { answered } from "./operator-database.ts";
import { rest } from "./paced-batches.ts";
import { counted } from "./pipeline-status.ts";
import { describeVerdict, judgeBookings, queueBookings } from "./queue-bookings.ts";
import { isApplied, readCount, readUuid } from "./read-arguments.ts";
import { replayDeadLetters } from "./replay/replay-dead-letters.ts";
import { replayFailedRecordings, replayRecording } from "./replay/replay-recordings.ts";

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
  summary: "gives messages that were set aside back, replays dead letters, revives failed recordings",
  usage: `npm run ops -- replay [BOOKING... | --dead-letters | --recording ID | --failed-recordings] [--yes] [OPTIONS]

Without a choice: outbox rows that could not be published and were set aside go back to the relay.
  BOOKING              up to ${MAX_BOOKINGS} bookings are looked at again
  --dead-letters       reads the dead letter subscriptions: what a message is about is announced again, and the message
                       is acknowledged after that. Meet's and Cloud Storage's own events are published again as they
                       are. What nobody can read stays, and is listed. Needs GOOGLE_CLOUD_PROJECT_ID and your own Google
                       credentials (gcloud auth application-default login)
  --recording ID       a recording that failed goes on at the step that failed; what cannot help is refused
  --failed-recordings  all of them
  --yes                do it; without it (or with --dry-run) only show what would be done
  --rate N             a second: outbox messages (${DEFAULT_RATE}), dead letters (20), recordings (2)
  --limit N            at most so many dead letters in one run (1000)
  --json               one JSON object on stdout
Doing it twice does it once: what was replayed is no longer there, what waits is not queued again. Broken off, it goes
on where it stopped. Nothing is thrown away.`,
  options: {
    ...{ yes: "flag", "dry-run": "flag", rate: "value", limit: "value" },
    ...{ "dead-letters": "flag", recording: "value", "failed-recordings": "flag" },
  },
  positionals: { min: 0, max: MAX_BOOKINGS },
  run: (input) => {
    const { positionals, flags, values } = input.arguments;
    const recording = values["recording"];
    const choices = [
      positionals.length > 0,
      flags.has("dead-letters"),
      recording !== undefined,
      flags.has("failed-recordings"),
    ];
    if (choices.filter(Boolean).length > 1) {
      throw new CommandError("Choose one: BOOKING ids, --dead-letters, --recording ID or --failed-recordings.");
    }
    if (recording !== undefined) return replayRecording(input, recording);
    if (flags.has("failed-recordings")) return replayFailedRecordings(input);
    if (flags.has("dead-letters")) return replayDeadLetters(input);
    return positionals.length === 0 ? replayOutbox(input) : replayBookings(input);
  },
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
