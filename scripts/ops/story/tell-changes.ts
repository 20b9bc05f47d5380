import { type BookedTimes, type BookingLedger, type LedgerRow, sideOf, textOf, timesOf } from "./ledger.ts";
import { ACCESS_WORDS, innerWords, phraseOf, reasonWords, waiting } from "./phrases.ts";
import { listed, type RowReference, restsOn, restsOnBooking, type Sentence } from "./sentence.ts";
import { gapWords, several, type TimeTeller } from "./time-words.ts";
import { changedFields, firstAnnouncement, isMove, isToldByChange, statusOf, type Turn } from "./turns.ts";

/** One turn of a booking's story as a sentence; null when it says nothing. */
export function turnSentence(turn: Turn, ledger: BookingLedger): Sentence | null {
  const isBooked = turn.chapter === "booked";
  const told = strongest(turn, ledger);
  if (turn.causes.length === 0 && !isBooked && told.length === 0 && turn.tries.length === 0) return null;
  const rests: RowReference[] = [
    ...(isBooked ? restsOnBooking({ ...ledger, tombstone: null }) : []),
    ...restsOn([...turn.causes, ...told.flatMap(({ rows }) => rows), ...turn.tries]),
  ];
  const say = (teller: TimeTeller): string => {
    const opening = isBooked ? bookedWords(turn, ledger, teller) : causeWords(turn, teller);
    const rest = doneWords(turn, { told, startedAt: startOf(turn, ledger), hasCause: opening !== "" }, teller);
    if (opening === "" || rest.text === "") return `${opening}${rest.text}`;
    return rest.isShort ? `${opening}, and ${rest.text}` : `${opening}; ${rest.text}`;
  };
  return rests.length === 0 ? null : { rests, say };
}

function startOf(turn: Turn, { booking }: BookingLedger): Date | null {
  const last = turn.causes.at(-1)?.at ?? null;
  return turn.chapter === "booked" ? (booking?.createdAt ?? last) : last;
}

/** How the booking came to be, and for when. */
function bookedWords({ causes }: Turn, ledger: BookingLedger, teller: TimeTeller): string {
  const { booking, rows } = ledger;
  const [announced] = causes;
  const at = booking?.createdAt ?? announced?.at;
  if (at === undefined) return "";
  const isConfirmed = announced !== undefined && announced.at.getTime() - at.getTime() < 2_000;
  const when = teller.when(at);
  const times = firstTimes(ledger, firstAnnouncement(rows));
  const spanned = times === null ? "" : `, for ${teller.span(times.startsAt, times.endsAt)}`;
  return `this booking was ${isConfirmed ? "confirmed" : "made"} ${when}${spanned}`;
}

/** The times it was made for; null when a change is known of which nobody noted what it changed. */
function firstTimes({ booking, rows }: BookingLedger, announced: LedgerRow | undefined): BookedTimes | null {
  const unknown = rows.some(
    (row) => row !== announced && row.kind === "outbox" && row.name === "booking.changed" && !isToldByChange(row, rows),
  );
  if (unknown) return null;
  const move = rows.find(isMove) ?? rows.find(({ kind, name }) => kind === "change" && name === "booking.deleted");
  return (move === undefined ? null : timesOf(move, "from")) ?? booking;
}

/** What happened, with its time. */
function causeWords({ causes, before }: Turn, teller: TimeTeller): string {
  const [first] = causes;
  const last = causes.at(-1);
  if (first === undefined || last === undefined) return "";
  const times =
    causes.length === 1 ? "" : `, ${several(causes.length, "time")} in all, the last ${teller.when(last.at)}`;
  const when = teller.when(first.at);
  if (first.name === "booking.changed" && first.kind === "change")
    return `${when} ${changeWords(first, before.moves, teller)}`;
  const phrase = phraseOf(first);
  const words = phrase.tells === "cause" ? phrase.words : first.name;
  const gap =
    first.name === "connection.regained" && before.causedAt !== null ? gapWords(before.causedAt, first.at) : "";
  const later = gap === "" || gap === "at once" ? "" : `, ${gap},`;
  return `${when}${later} ${words}${times}`;
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  consultant: "it was given to another consultant",
  title: "its title was changed",
  customer: "the customer's details were changed",
  platform: "its meeting platform was changed",
};

const STATUS_WORDS: Readonly<Record<string, string>> = {
  confirmed: "it was confirmed",
  cancelled: "it was cancelled",
  declined: "it was declined",
  completed: "it was marked as completed",
  pending: "it went back to waiting for a confirmation",
};

function changeWords(row: LedgerRow, moves: number, teller: TimeTeller): string {
  // What has a time in it comes last: it has commas of its own.
  const fields = changedFields(row).sort((a, b) => Number(a === "times") - Number(b === "times"));
  const words = fields.flatMap((field) => {
    if (field === "times") return [moveWords(row, moves, teller)];
    if (field === "time_zone")
      return [`its time zone became ${String(sideOf(row, "to")["timeZone"] ?? "another one")}`];
    if (field !== "status") return [FIELD_WORDS[field] ?? `its ${field} was changed`];
    const status = statusOf(row, "to") ?? "another one";
    return [STATUS_WORDS[status] ?? `its status became "${status}"`];
  });
  return words.length === 0 ? "it was changed" : listed(words);
}

function moveWords(row: LedgerRow, moves: number, teller: TimeTeller): string {
  const to = timesOf(row, "to");
  const again = moves === 0 ? "" : " again";
  return to === null ? `it was moved${again}` : `it was moved${again}, to ${teller.span(to.startsAt, to.endsAt)}`;
}

/** What was done, in one clause with the rows it rests on. */
interface Done {
  readonly words: string;
  readonly at: Date;
  readonly rows: readonly LedgerRow[];
}

/** Clauses that are one when they come together. */
const TOGETHER: readonly (readonly [readonly string[], string])[] = [
  [
    ["the event was no longer in the calendar", "its event was put into the calendar", "its Meet link works"],
    "the event was no longer in the calendar, so a new one with a Meet link was made",
  ],
  [
    ["the event was no longer in the calendar", "its event was put into the calendar"],
    "the event was no longer in the calendar, so a new one was made",
  ],
  [["its event was put into the calendar", "its Meet link works"], "its event and Meet link were made"],
];

/** A turn's results, each clause once; the faint ones only where there is nothing else to say. */
function strongest(turn: Turn, ledger: BookingLedger): Done[] {
  const clauses = turn.results.flatMap(({ row, phrase }) => {
    const words = row.name === "booking.status" ? standingWords(row, turn, ledger) : phrase.words;
    return words === null ? [] : [{ words, at: row.at, rows: [row], faint: phrase.faint && !isStanding(row) }];
  });
  const merged = mergeTogether(mergeEqual(clauses));
  const strong = merged.filter(({ faint }) => !faint);
  return strong.length > 0 ? strong : merged.slice(0, 1);
}

type Clause = Done & { readonly faint: boolean };

function mergeEqual(clauses: readonly Clause[]): Clause[] {
  const byWords = new Map<string, Clause>();
  for (const clause of clauses) {
    const known = byWords.get(clause.words);
    byWords.set(clause.words, known === undefined ? clause : { ...known, rows: [...known.rows, ...clause.rows] });
  }
  return [...byWords.values()];
}

function mergeTogether(clauses: readonly Clause[]): Clause[] {
  const [parts, words] =
    TOGETHER.find(([all]) => all.every((one) => clauses.some((clause) => clause.words === one))) ?? [];
  if (parts === undefined || words === undefined) return [...clauses];
  const joined = clauses.filter((clause) => parts.includes(clause.words));
  const last = joined.at(-1);
  if (last === undefined) return [...clauses];
  const clause = { words, at: last.at, faint: false, rows: joined.flatMap(({ rows }) => rows) };
  return [clause, ...clauses.filter((one) => !parts.includes(one.words))];
}

/** Statuses of the booking that a sentence of its own is worth. */
const isStanding = (row: LedgerRow): boolean => ["needs_reconnect", "failed"].includes(statusOf(row, "to") ?? "");

/** What a new status says; null where something else in the turn, or the story of its recordings, says it. */
function standingWords(row: LedgerRow, turn: Turn, { rows }: BookingLedger): string | null {
  const reason = textOf(row, "reason");
  switch (statusOf(row, "to")) {
    case "needs_reconnect":
      return standingStill(turn, reason);
    case "failed":
      // With a recording it is the recording's failure, told there.
      return rows.some(({ kind }) => kind === "recording")
        ? null
        : `it could not be done${reason === null ? "" : `: ${innerWords(reason)}`}`;
    case null:
      return "the pipeline let go of it";
    case "scheduled":
      return "the calendar agreed with it";
    case "cancelled":
      return "nothing was left in the calendar";
    case "pending":
    case "captured":
    case "transcribed":
    case "analyzed":
      return null;
    default:
      return `it stood as "${statusOf(row, "to") ?? "unknown"}"${reason === null ? "" : ` (${innerWords(reason)})`}`;
  }
}

function standingStill({ causes, before }: Turn, reason: string | null): string {
  const cause = causes.at(-1)?.name;
  if (cause === "connection.lost" || cause === "connection.ended") return "the booking had to wait";
  if (before.lost?.name === "connection.lost") return waiting(ACCESS_WORDS["google_signed_out"] ?? "");
  if (before.lost?.name === "connection.ended") return waiting(ACCESS_WORDS["google_disconnected"] ?? "");
  if (reason === null) return "it had to wait for the consultant's Google access";
  const known = KNOWN_REASONS.find(([pattern]) => pattern.test(reason))?.[1];
  return waiting(known ?? `of this: ${innerWords(reason)}`);
}

/** What the functions write on a waiting row, as a reason inside a sentence. */
const KNOWN_REASONS: readonly (readonly [RegExp, string])[] = [
  [/not connected Google/, ACCESS_WORDS["google_not_connected"] ?? ""],
  [/disconnected Google/, ACCESS_WORDS["google_disconnected"] ?? ""],
  [/access has ended|no longer accepts the access/, ACCESS_WORDS["google_signed_out"] ?? ""],
  [/cannot be read/, ACCESS_WORDS["google_token_unreadable"] ?? ""],
];

interface Doing {
  readonly told: readonly Done[];
  readonly startedAt: Date | null;
  readonly hasCause: boolean;
}

/** The results one after another, with the gaps that are worth a word, and how many tries it took. */
function doneWords(
  turn: Turn,
  { told, startedAt, hasCause }: Doing,
  teller: TimeTeller,
): { readonly text: string; readonly isShort: boolean } {
  const tries = triesWords(turn.tries);
  const [first, ...others] = told;
  if (first === undefined) return { text: tries === "" ? "" : `${tries} came to nothing`, isShort: false };
  const gap = startedAt === null || WAITING.test(first.words) ? "" : gapWords(startedAt, first.at);
  const when = hasCause ? (gap === "at once" ? "" : gap) : teller.when(first.at);
  const places = [when, tries === "" ? "" : `after ${tries}`].filter((place) => place !== "");
  const isAtOnce = hasCause && gap === "at once" && tries === "";
  const opening = `${places.map((place) => (places.length > 1 ? `${place}, ` : `${place} `)).join("")}${first.words}`;
  const rest = others.map(({ words, at }, index) => {
    const later = gapWords((others[index - 1] ?? first).at, at);
    return later === "at once" ? words : `${later} ${words}`;
  });
  return {
    text: listed([`${opening}${isAtOnce ? " at once" : ""}`, ...rest]),
    isShort: others.length === 0 && places.length === 0,
  };
}

/** What had to wait did nothing at once. */
const WAITING = /had to wait/;

/** `two failed tries (Google Calendar is not available)`; empty when there were none. */
export function triesWords(tries: readonly LedgerRow[]): string {
  if (tries.length === 0) return "";
  const reasons = [...new Set(tries.flatMap((row) => reasonWords(row) ?? []))];
  const why = reasons.length === 0 ? "" : ` (${reasons.slice(0, 2).join("; ")})`;
  return `${several(tries.length, "failed try", "failed tries")}${why}`;
}
