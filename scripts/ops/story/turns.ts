import { type BookingLedger, type LedgerRow, sideOf, timesOf } from "./ledger.ts";
import { type Chapter, type Phrase, phraseOf } from "./phrases.ts";

/** Something that happened to the booking, and what was done about it until the next thing happened. */
export interface Turn {
  readonly chapter: Chapter;
  /** Empty for what was done without a cause that is known. */
  readonly causes: LedgerRow[];
  readonly results: { readonly row: LedgerRow; readonly phrase: Extract<Phrase, { tells: "result" }> }[];
  readonly tries: LedgerRow[];
  readonly before: Before;
}

/** What had happened before a turn, as far as its words depend on it. */
export interface Before {
  /** How often the booking had been moved. */
  readonly moves: number;
  /** The row that tells how the consultant's access had gone; null while it was there. */
  readonly lost: LedgerRow | null;
  /** When the last thing happened that had something done about it, or should have. */
  readonly causedAt: Date | null;
}

/** Causes that say nothing new when they come again without an end in between. */
const FOLDED: ReadonlySet<string> = new Set(["booking.overdue", "booking.resync", "booking.replay"]);
const GONE: ReadonlySet<string> = new Set(["connection.lost", "connection.ended"]);
const BACK: ReadonlySet<string> = new Set(["connection.regained", "connection.made", "connection.account_changed"]);

/** The booking's rows (in order, without those of its recordings) as turns. */
export function turnsOf(rows: readonly LedgerRow[], ledger: BookingLedger): Turn[] {
  const turns: Turn[] = [];
  let before: Before = { moves: 0, lost: null, causedAt: null };
  const begin = (chapter: Chapter, causes: LedgerRow[]): Turn => {
    const turn = { chapter, causes, before, results: [], tries: [] };
    turns.push(turn);
    return turn;
  };
  const background = backgroundOf(rows, ledger);
  const confirmed = firstAnnouncement(rows);
  if (confirmed !== undefined || ledger.booking !== null) begin("booked", confirmed === undefined ? [] : [confirmed]);
  for (const row of rows) {
    const phrase = phraseOf(row);
    const last = turns.at(-1);
    if (phrase.tells === "cause" && !background.has(row)) {
      const again = last !== undefined && foldsInto(last, row);
      if (again) last.causes.push(row);
      else begin(before.lost === null ? phrase.chapter : "trouble", [row]);
    } else if (phrase.tells === "result") (last ?? begin("changes", [])).results.push({ row, phrase });
    else if (phrase.tells === "try") (last ?? begin("changes", [])).tries.push(row);
    before = { ...after(before, row), causedAt: turns.at(-1)?.causes.at(-1)?.at ?? null };
  }
  return turns;
}

/** Rows of causes that begin no sentence: another row tells them, or they are from before the booking. */
function backgroundOf(rows: readonly LedgerRow[], ledger: BookingLedger): ReadonlySet<LedgerRow> {
  const begun = ledger.booking?.createdAt ?? rows.find(({ kind }) => kind === "outbox")?.at ?? null;
  const confirmed = firstAnnouncement(rows);
  return new Set(
    rows.filter(
      (row) =>
        row === confirmed ||
        (row.kind === "outbox" && isToldByChange(row, rows)) ||
        (row.name.startsWith("connection.") && begun !== null && row.at < begun),
    ),
  );
}

/** The message with which the pipeline first heard of the booking. */
export function firstAnnouncement(rows: readonly LedgerRow[]): LedgerRow | undefined {
  const first = rows.find(({ kind, name }) => kind === "outbox" && name === "booking.changed");
  return first === undefined || isToldByChange(first, rows) ? undefined : first;
}

/** A trigger that notes a change and one that announces it run in one transaction, so both rows carry its time. */
export function isToldByChange(message: LedgerRow, rows: readonly LedgerRow[]): boolean {
  const told = message.name === "booking.reconnected" ? BACK : new Set([message.name]);
  return rows.some((row) => row.kind === "change" && told.has(row.name) && row.at.getTime() === message.at.getTime());
}

function foldsInto(last: Turn, row: LedgerRow): boolean {
  const [first] = last.causes;
  const isSame = first !== undefined && first.kind === row.kind && first.name === row.name;
  // A change that is known to the word is told for itself.
  return isSame && last.results.length === 0 && FOLDED.has(row.name) && row.kind === "outbox";
}

function after(before: Before, row: LedgerRow): Omit<Before, "causedAt"> {
  if (row.kind !== "change") return before;
  const moves = before.moves + (isMove(row) ? 1 : 0);
  const lost = GONE.has(row.name) ? row : BACK.has(row.name) ? null : before.lost;
  return { moves, lost };
}

export const isMove = (row: LedgerRow): boolean =>
  row.name === "booking.changed" && changedFields(row).includes("times") && timesOf(row, "to") !== null;

/** Which fields a change names. */
export function changedFields(row: LedgerRow): string[] {
  const { fields } = row.detail;
  return Array.isArray(fields)
    ? fields.filter((field): field is string => typeof field === "string" && field !== "")
    : [];
}

/** A status of either side of a change. */
export function statusOf(row: LedgerRow, side: "from" | "to"): string | null {
  const value = row.name === "booking.status" ? row.detail[side] : sideOf(row, side)["status"];
  return typeof value === "string" ? value : null;
}
