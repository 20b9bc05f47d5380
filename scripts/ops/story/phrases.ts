import { type LedgerRow, textOf, withoutAddresses } from "./ledger.ts";

/** The parts of a story, in the order they may come; trouble is told where it happened. */
export type Chapter = "booked" | "changes" | "trouble" | "meeting" | "outcome" | "now";

/** How a row of the ledger takes part in the story. */
export type Phrase =
  /** Begins a sentence: something happened to the booking. `tell-changes.ts` has the words that need more than the row. */
  | { readonly tells: "cause"; readonly chapter: Chapter; readonly words: string }
  /** What was done about the last cause. A faint one is told only when there is nothing stronger. */
  | { readonly tells: "result"; readonly words: string; readonly faint: boolean }
  /** A try that failed; several are told as one. */
  | { readonly tells: "try" }
  /** Told with its recording, in `tell-meeting.ts`. */
  | { readonly tells: "meeting" }
  /** Told by another row, named here. */
  | { readonly tells: "nothing"; readonly because: string };

const cause = (words: string, chapter: Chapter = "changes"): Phrase => ({ tells: "cause", chapter, words });
const result = (words: string): Phrase => ({ tells: "result", words, faint: false });
const faint = (words: string): Phrase => ({ tells: "result", words, faint: true });
const nothing = (because: string): Phrase => ({ tells: "nothing", because });
const meeting: Phrase = { tells: "meeting" };
const failedTry: Phrase = { tells: "try" };

/** Why Google could not be asked, by the code that the functions note; also said of waiting bookings. */
export const ACCESS_WORDS: Readonly<Record<string, string>> = {
  google_signed_out: "the consultant's Google access had ended",
  google_needs_reconnect: "the consultant's Google access had ended",
  google_disconnected: "the consultant had disconnected Google",
  google_not_connected: "the consultant had not connected Google yet",
  google_token_unreadable: "the consultant's stored Google access could not be read",
  google_scope_missing: "the consultant had not given a permission that is needed",
};

const REFUSAL_WORDS: Readonly<Record<string, string>> = {
  google_forbidden: "Google did not allow it",
  google_refused: "Google refused it",
  google_not_found: "Google did not know what it was asked for",
  google_conflict: "Google reported a conflict",
  google_rate_limited: "Google asked us to slow down",
  google_unavailable: "Google was not available",
};

export const waiting = (why: string): string => `it had to wait, because ${why}`;

/** An outcome that is a code of the functions' error table. */
function refused(what: string): (outcome: string) => Phrase {
  return (outcome) => {
    const access = ACCESS_WORDS[outcome];
    if (access !== undefined) return result(waiting(access));
    return result(`${what}: ${REFUSAL_WORDS[outcome] ?? `Google answered "${outcome}"`}`);
  };
}

/** By effect and outcome; `*` is any other outcome, told with the reason that mail outcomes carry in parentheses. */
type Outcomes = Readonly<Record<string, Phrase | ((outcome: string) => Phrase)>>;

const inParentheses = (outcome: string): string => {
  const [, reason] = /\((.*)\)$/.exec(outcome) ?? [];
  return reason === undefined ? "" : ` (${withoutAddresses(reason).replace(/\.$/, "")})`;
};

const mail = (to: string, name: string): Outcomes => ({
  sent: result(`${to} got ${name} by mail`),
  deferred: failedTry,
  skipped: (outcome) => result(`no mail with ${name} was sent${inParentheses(outcome)}`),
  failed: (outcome) => result(`the mail with ${name} could not be sent${inParentheses(outcome)}`),
});

/** Every effect that the functions and migrations write. */
export const EFFECTS: Readonly<Record<string, Outcomes>> = {
  "process-booking calendar.insert": {
    inserted: result("its event was put into the calendar"),
    id_taken: faint("an event of its own was found in the calendar"),
  },
  "process-booking booking.follow": {
    moved: result("the booking followed its event, which somebody had moved in the calendar"),
    cancelled: result("the booking was cancelled, since somebody had deleted its event in the calendar"),
  },
  "process-booking calendar.patch": {
    patched: result("the event followed"),
    changed: faint("somebody was editing the event at the same moment"),
    gone: result("the event was no longer in the calendar"),
  },
  "process-booking calendar.remove": {
    removed: result("its event was taken out of the calendar"),
    already_gone: result("its event was gone from the calendar already"),
    not_ours: faint("an event that is not ours was left alone"),
    "*": refused("its event could not be taken out of the calendar"),
  },
  "process-booking calendar.adopt": {
    patched: result("the event that somebody had typed by hand was taken as its own"),
    changed: faint("somebody was editing the event at the same moment"),
    gone: result("the event that somebody had typed by hand was no longer there"),
  },
  "process-booking calendar.release": {
    released: result("the event typed by hand lost our marks and stayed where it was"),
    already_gone: result("the event typed by hand was gone from the calendar already"),
    not_ours: faint("an event that is not ours was left alone"),
    "*": refused("our marks could not be taken from the event typed by hand"),
  },
  "process-booking calendar": { "*": refused("the calendar could not be brought up to date") },
  "process-booking meet.space": {
    found: faint("its Meet link works"),
    "*": refused("the room behind its Meet link could not be looked up"),
  },
  "process-booking meet.recording": {
    requested: result("Meet was asked to record it"),
    withdrawn: result("Meet was asked to record it no more"),
    "*": refused("Meet could not be asked to record it"),
  },
  "capture-artifacts recording.copy": { "*": meeting },
  "capture-artifacts speech.start": { "*": meeting },
  "analyze-transcript transcript.store": { "*": meeting },
  "analyze-transcript language.annotate": { "*": meeting },
  "send-reminders mail.confirmation": mail("the customer", "the confirmation"),
  "send-reminders mail.reconnect_google": { "*": nothing("the mail itself") },
  "ops backfill": {
    "taken up": cause("it was taken up by a backfill: it is from before the pipeline"),
    "undo asked for": cause("an operator asked for its backfill to be undone"),
    "*": cause("a backfill had to do with it"),
  },
};

/** Every change that the database's triggers note. */
export const CHANGES: Readonly<Record<string, Phrase>> = {
  "booking.changed": cause("it was changed"),
  "booking.deleted": cause("it was deleted"),
  "booking.status": faint("it was worked on"),
  "booking.retry": failedTry,
  "connection.made": cause("the consultant connected Google", "trouble"),
  "connection.lost": cause("the consultant's Google access turned out to have ended", "trouble"),
  "connection.regained": cause("the consultant connected Google again", "trouble"),
  "connection.ended": cause("the consultant disconnected Google", "trouble"),
  "connection.account_changed": cause("the consultant connected another Google account", "trouble"),
  "recording.failed": meeting,
  "recording.ignored": meeting,
  "recording.resumed": meeting,
  "recording.parked": meeting,
  "recording.retry": meeting,
  "analysis.retry": meeting,
};

/** Every kind of message that is announced through the outbox. */
export const MESSAGES: Readonly<Record<string, Phrase>> = {
  "booking.changed": cause("something about it was changed"),
  "booking.deleted": cause("it was deleted"),
  "calendar.edited": cause("something was done to its event in the calendar"),
  "booking.reconnected": cause("the consultant's Google access was there again", "trouble"),
  "booking.overdue": cause("the work on it had come to no end, so it was asked for again", "trouble"),
  "booking.replay": cause("an operator asked for it to be looked at again"),
  "booking.resync": cause("an operator asked for it to be compared with the calendar"),
  "booking.backfill": nothing("the effect of the backfill"),
  "booking.backfill_undo": nothing("the effect of the backfill"),
  "calendar.read": nothing("it is about a calendar, not about a booking"),
  "recording.found": meeting,
  "transcription.finished": meeting,
};

/** Every kind of mail; the booking's own are told by their effects. */
export const MAILS: Readonly<Record<string, Outcomes>> = {
  confirmation: { "*": nothing("the effect of sending it") },
  reconnect_google: {
    sent: result("a mail asked them to connect again"),
    planned: nothing("it was not sent yet"),
    skipped: nothing("it was not needed any more"),
    failed: result("the mail that asks them to connect again could not be sent"),
  },
};

/** How a row is told; a kind that nobody has words for is still told, in plain words. */
export function phraseOf(row: LedgerRow): Phrase {
  switch (row.kind) {
    case "effect":
      return chosen(EFFECTS[`${row.step} ${row.name}`], row);
    case "mail":
      return chosen(MAILS[row.name], row);
    case "change":
      return CHANGES[row.name] ?? unknown(row);
    case "outbox":
      return MESSAGES[row.name] ?? unknown(row);
    default:
      return meeting;
  }
}

function chosen(outcomes: Outcomes | undefined, row: LedgerRow): Phrase {
  const outcome = row.outcome ?? "";
  // Mail outcomes carry their reason behind the word.
  const found = outcomes?.[outcome] ?? outcomes?.[outcome.split(" (")[0] ?? ""] ?? outcomes?.["*"];
  if (found === undefined) return unknown(row);
  return typeof found === "function" ? found(outcome) : found;
}

function unknown(row: LedgerRow): Phrase {
  const outcome = row.outcome === null ? "" : `: ${row.outcome}`;
  return result(`"${row.name}${outcome}" was noted`);
}

/** Why something failed, to stand inside a sentence: one sentence of it, without codes. */
export function reasonWords(row: LedgerRow): string | null {
  const text = textOf(row, "reason");
  return text === null ? null : innerWords(text);
}

/** `Google Calendar is not available (503).` -> `Google Calendar is not available` */
export function innerWords(text: string): string {
  const plain = text.replace(/^(Not done yet, it will be tried again|Calendar): /, "").replaceAll(/\s*\([^()]*\)/g, "");
  const [first = plain] = plain.split(/\.\s/);
  return first.replace(/[.\s]+$/, "").trim() || text.trim();
}
