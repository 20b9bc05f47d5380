import { type Command, CommandError, type CommandResult } from "./command.ts";
import { answered } from "./operator-database.ts";
import { readUuid } from "./read-arguments.ts";
import { type BookingLedger, bookingLedger, orderedRows, withoutAddresses } from "./story/ledger.ts";
import { type Story, tellStory } from "./story/tell-story.ts";

export const explain: Command = {
  name: "explain",
  summary: "one booking's story: what changed, what was done, where it stands and what to do",
  usage: `npm run ops -- explain BOOKING [--utc] [--raw] [--json]

Tells what became of a booking, in order: how it was made, what changed, what went wrong and how it was mended, its
meeting, what came of it, where it stands now and what somebody should do. BOOKING is the id of the row; a deleted one
is known too.
  --utc    times in UTC instead of the booking's own zone
  --raw    the ledger itself, one line a row
  --json   one JSON object on stdout: every sentence with the rows of the ledger that it rests on
Names, addresses and spoken words are not shown.`,
  options: { utc: "flag", raw: "flag" },
  positionals: { min: 1, max: 1 },
  async run({ arguments: { positionals, flags }, database }) {
    const id = readUuid(positionals[0] ?? "", "booking");
    const answer = answered(await database().rpc("read_booking_ledger", { p_booking_id: id }));
    if (answer === null) throw new CommandError(unknownBooking(id));
    const ledger = bookingLedger.parse(answer);
    return flags.has("raw") ? showLedger(ledger) : showStory(tellStory(ledger, { utc: flags.has("utc") }));
  },
};

function unknownBooking(id: string): string {
  return `There is no booking ${id}, and none of this id was ever confirmed or deleted. Is SUPABASE_URL the right project?`;
}

function showStory(story: Story): CommandResult {
  const paragraphs = story.paragraphs.map(({ sentences }) => sentences.map(({ text }) => text).join(" "));
  const lines = [`All times are in ${story.timeZone}.`, ...paragraphs].flatMap((text, index) =>
    index === 0 ? [text] : ["", text],
  );
  return { report: story, lines, ok: true };
}

function showLedger({ bookingId, booking, tombstone, rows }: BookingLedger): CommandResult {
  const ordered = orderedRows(rows);
  const lines = ordered.map(({ at, kind, id, step, name, outcome, detail }) =>
    [at.toISOString(), `${kind} ${id}`, step, name, outcome, withoutAddresses(JSON.stringify(detail))]
      .filter((part) => part !== null)
      .join("  "),
  );
  const now =
    booking === null ? `deleted ${tombstone?.deletedAt.toISOString() ?? "unknown when"}` : JSON.stringify(booking);
  return {
    report: { bookingId, booking, tombstone, rows: ordered },
    lines: [...lines, `now  ${withoutAddresses(now)}`],
    ok: true,
  };
}
