import { type BookingLedger, type LedgerRow, type PresentBooking, textOf, withoutAddresses } from "./ledger.ts";
import { innerWords } from "./phrases.ts";
import { restsOn, restsOnBooking, type Sentence } from "./sentence.ts";
import { lengthWords, several, type TimeTeller } from "./time-words.ts";

/** Where the booking stands, and what somebody should do, if anything. Rests on the present rows alone. */
export function nowSentences(ledger: BookingLedger): Sentence[] {
  const standing: Sentence = { rests: restsOnBooking(ledger), say: (teller) => standingWords(ledger, teller) };
  const duties = dutiesOf(ledger);
  if (duties.length > 0) return [standing, ...duties];
  return isSettled(ledger)
    ? [standing, { rests: restsOnBooking(ledger), say: () => "nobody needs to do anything" }]
    : [standing];
}

const NOTHING_TO_DO: ReadonlySet<string> = new Set(["scheduled", "captured", "transcribed", "analyzed", "cancelled"]);

function isSettled({ booking, tombstone }: BookingLedger): boolean {
  if (booking === null) return tombstone?.doneAt != null;
  return booking.pipelineStatus !== null && NOTHING_TO_DO.has(booking.pipelineStatus);
}

function standingWords(ledger: BookingLedger, teller: TimeTeller): string {
  const { booking, tombstone } = ledger;
  if (booking !== null) return withReason(presentWords(booking, ledger, teller), booking);
  if (tombstone === null) return "now the booking is no longer in the database, and nobody noted what became of it";
  const deleted = `now it is deleted (${teller.when(tombstone.deletedAt)})`;
  const events =
    tombstone.doneAt === null ? "its calendar events are still to be removed" : "its calendar events are dealt with";
  return `${deleted}; ${events}`;
}

function presentWords(booking: PresentBooking, { asOf, rows }: BookingLedger, teller: TimeTeller): string {
  const { startsAt, endsAt, meetingLink, pipelineStatus, since } = booking;
  const held = `${teller.span(startsAt, endsAt)}`;
  const waited = since === null ? "" : ` for ${lengthWords(asOf.getTime() - since.getTime())}`;
  const link = meetingLink === null ? "" : ` at ${meetingLink}`;
  switch (pipelineStatus) {
    case null:
      return `now the pipeline has nothing to do with it: its status is "${booking.status}"`;
    case "pending":
      return `now it has been waiting${waited} to be brought into the calendar`;
    case "scheduled":
      return endsAt > asOf
        ? `now everything is in place: the meeting is on ${held}${link}`
        : `now the meeting is over (${held}), and ${rows.some(({ kind }) => kind === "recording") ? "its recording is being brought in" : "no recording of it has been found yet"}`;
    case "needs_reconnect":
      return `now it has been waiting${waited} for the consultant to connect Google; it goes on by itself once they have`;
    case "captured":
      return "now the audio is in the bucket, and the transcript is being made";
    case "transcribed":
      return "now the transcript is on the booking, and the insights are being made";
    case "analyzed":
      return "now it is finished: transcript and insights are on the booking";
    case "cancelled":
      return "now it is called off, and nothing of it is left to do";
    case "failed":
      return "now it stands still, and will not go on by itself";
    default:
      return `now it stands as "${pipelineStatus}"`;
  }
}

function withReason(words: string, { reason }: PresentBooking): string {
  return reason === null || reason === "" ? words : `${words}. The row says: ${withoutAddresses(reason)}`;
}

/** What somebody should do, each with the rows it follows from. */
function dutiesOf(ledger: BookingLedger): Sentence[] {
  const { rows } = ledger;
  const failed = rows.filter(({ kind, outcome }) => kind === "recording" && outcome === "failed");
  return [
    ...failed.map(recordingDuty),
    ...bookingDuty(ledger, failed.length > 0),
    ...outboxDuty(rows),
    ...rows.filter(({ kind, outcome }) => kind === "mail" && outcome === "failed").map(mailDuty),
  ];
}

function recordingDuty(row: LedgerRow): Sentence {
  return {
    rests: restsOn([row]),
    say: () =>
      `its recording ${row.id} went no further; when the cause is gone: npm run ops -- replay --recording ${row.id}`,
  };
}

function bookingDuty(ledger: BookingLedger, hasFailedRecording: boolean): Sentence[] {
  const { booking, bookingId, tombstone } = ledger;
  const rests = restsOnBooking(ledger);
  const duty = (text: string): Sentence[] => [{ rests, say: () => text }];
  if (booking === null) {
    const isOpen = tombstone !== null && tombstone.doneAt === null;
    return isOpen
      ? duty(`keep-watch asks again by itself; to ask at once: npm run ops -- resync --booking ${bookingId} --yes`)
      : [];
  }
  switch (booking.pipelineStatus) {
    case "failed":
      if (hasFailedRecording) return [];
      return duty(
        `somebody has to mend what the row says; a change of the booking sets it going again, or: npm run ops -- resync --booking ${bookingId} --yes`,
      );
    case "pending":
      return duty(pendingWords(booking, ledger.asOf));
    case "needs_reconnect":
      return duty("the consultant has to connect Google; nobody else can");
    case null:
      return booking.status === "confirmed" ? duty("to take it up: npm run ops -- backfill") : [];
    default:
      return [];
  }
}

/** The sweep and keep-watch repeat what got lost within minutes. */
const PATIENCE_MS = 3_600_000;

function pendingWords({ since }: PresentBooking, asOf: Date): string {
  const isLate = since !== null && asOf.getTime() - since.getTime() > PATIENCE_MS;
  return isLate
    ? "keep-watch asks again by itself; why it takes so long may be in: npm run ops -- status"
    : "nobody needs to do anything: it goes on by itself";
}

function outboxDuty(rows: readonly LedgerRow[]): Sentence[] {
  const dead = rows.filter(({ kind, outcome }) => kind === "outbox" && outcome === "dead");
  const [first] = dead;
  if (first === undefined) return [];
  const reason = textOf(first, "reason");
  const why = reason === null ? "" : ` (${innerWords(reason)})`;
  const what =
    dead.length === 1
      ? "a message about it was set aside"
      : `${several(dead.length, "message")} about it were set aside`;
  return [{ rests: restsOn(dead), say: () => `${what}${why}; when the cause is gone: npm run ops -- replay --yes` }];
}

function mailDuty(row: LedgerRow): Sentence {
  const reason = textOf(row, "reason");
  const words =
    row.name === "confirmation"
      ? "the customer did not get the mail with the link; send it by hand"
      : "the consultant did not get the mail that asks them to connect Google; ask them yourself";
  return { rests: restsOn([row]), say: () => `${words}${reason === null ? "" : ` (${innerWords(reason)})`}` };
}
