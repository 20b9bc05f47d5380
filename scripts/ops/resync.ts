import type { Supabase } from "#supabase/client.ts";
import { type Command, CommandError, type CommandInput, type CommandResult } from "./command.ts";
import { assertConsultant } from "./known-consultant.ts";
import { answered } from "./operator-database.ts";
import { countPages, runPacedBatches } from "./paced-batches.ts";
import { counted } from "./pipeline-status.ts";
import { describeVerdict, judgeBookings, queueBookings } from "./queue-bookings.ts";
import { isApplied, readCount, readUuid } from "./read-arguments.ts";

const DEFAULT_RATE = 10;
const DEFAULT_AGAIN_SECONDS = 3_600;
const MAX_LIMIT = 1_000_000;

export const resync: Command = {
  name: "resync",
  summary: "has bookings compared with their calendars, and what differs mended",
  usage: `npm run ops -- resync (--booking ID | --consultant ID | --all) [--yes] [OPTIONS]

Queues a look at bookings: process-booking compares each with its calendar and mends what differs. Taken are meetings
that are not over, and cancelled or deleted bookings whose event may still be there.
  --booking ID       one booking, whenever it is
  --consultant ID    those of one consultant (consultants.id)
  --all              those of everybody
  --yes              do it; without it (or with --dry-run) only count
  --rate N           bookings a second (${DEFAULT_RATE}); a look is about 3 Calendar calls
  --limit N          at most so many bookings (${MAX_LIMIT})
  --again-after N    seconds after which a booking may be resynced again (${DEFAULT_AGAIN_SECONDS})
  --json             one JSON object on stdout
Broken off, it goes on where it stopped: the same command skips what a resync queued within --again-after.`,
  options: {
    ...{ booking: "value", consultant: "value", all: "flag", yes: "flag", "dry-run": "flag" },
    ...{ rate: "value", limit: "value", "again-after": "value" },
  },
  positionals: { min: 0, max: 0 },
  async run(input) {
    const { values, flags } = input.arguments;
    const scopes = [values["booking"], values["consultant"], flags.has("all") ? "all" : undefined];
    if (scopes.filter((scope) => scope !== undefined).length !== 1) {
      throw new CommandError("Say which bookings: --booking ID, --consultant ID or --all, one of them.");
    }
    return values["booking"] === undefined ? resyncMany(input) : resyncOne(input, values["booking"]);
  },
};

async function resyncOne({ arguments: args, database }: CommandInput, text: string): Promise<CommandResult> {
  const [applied, id] = [isApplied(args), readUuid(text, "booking")];
  const supabase = database();
  const [judged] = await judgeBookings(supabase, [id]);
  if (judged === undefined || judged.verdict === "unknown") {
    throw new CommandError(`There is no booking ${id}. Is SUPABASE_URL the right project?`);
  }
  const queued = applied ? await queueBookings(supabase, { ids: [id], command: "resync" }) : 0;
  const lines = [`${id}: ${describeVerdict(judged.verdict)}`, applied ? `${queued} queued.` : DRY_RUN_HINT];
  return { report: { applied, ...judged, queued, complete: true }, lines, ok: true };
}

const DRY_RUN_HINT = "Nothing was queued; run it again with --yes to do it.";

async function resyncMany(input: CommandInput): Promise<CommandResult> {
  const { arguments: args, database, progress, interrupted } = input;
  const applied = isApplied(args);
  const rate = readCount(args, "rate", { fallback: DEFAULT_RATE, max: 100 });
  const limit = readCount(args, "limit", { fallback: MAX_LIMIT, max: MAX_LIMIT });
  const againSeconds = readCount(args, "again-after", { fallback: DEFAULT_AGAIN_SECONDS, max: 30 * 86_400 });
  const consultant = args.values["consultant"];
  const consultantId = consultant === undefined ? undefined : readUuid(consultant, "consultant");
  const supabase = database();
  if (consultantId !== undefined) await assertConsultant(supabase, consultantId);
  const page = pagesOf(supabase, { againSeconds, consultantId });
  const total = await countPages(page);
  if (!applied) {
    const lines = [
      `${counted(total, "booking")} would be looked at; those that wait already or were resynced lately are left out.`,
      DRY_RUN_HINT,
    ];
    return { report: { applied, bookings: total }, lines, ok: true };
  }
  progress.at(0, Math.min(limit, total));
  const done = await runPacedBatches({
    ...{ rate, limit, interrupted, page },
    apply: (items) => queueBookings(supabase, { ids: items.map(({ id }) => id), command: "resync" }),
    onProgress: (seen) => progress.at(seen, Math.max(seen, Math.min(limit, total))),
  });
  const rest = done.complete ? [] : ["More are left; the same command goes on where this one stopped."];
  const lines = [`${counted(done.queued, "booking")} queued.`, ...rest];
  return { report: { applied, ...done }, lines, ok: !interrupted.aborted };
}

function pagesOf(
  supabase: Supabase,
  scope: { readonly againSeconds: number; readonly consultantId: string | undefined },
): (after: string | null, limit: number) => Promise<{ id: string }[]> {
  return async (after, limit) => {
    const rows = answered(
      await supabase.rpc("list_resync_bookings", {
        p_again_seconds: scope.againSeconds,
        p_limit: limit,
        ...(after !== null && { p_after: after }),
        ...(scope.consultantId !== undefined && { p_consultant_id: scope.consultantId }),
      }),
    );
    return (rows ?? []).map(({ booking_id: id }) => ({ id }));
  };
}
