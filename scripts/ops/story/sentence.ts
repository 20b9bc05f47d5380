import type { BookingLedger, LedgerRow } from "./ledger.ts";
import type { Chapter } from "./phrases.ts";
import type { TimeTeller } from "./time-words.ts";

/** What a sentence rests on; the booking itself and its tombstone count as rows of the ledger. */
export interface RowReference {
  readonly kind: LedgerRow["kind"] | "booking" | "tombstone";
  readonly id: string;
  readonly at: Date;
}

/** A sentence that is put into words when its turn comes: which day was said last decides how a time is said. */
export interface Sentence {
  readonly rests: readonly RowReference[];
  readonly say: (teller: TimeTeller) => string;
}

export interface Paragraph {
  readonly chapter: Chapter;
  readonly sentences: readonly Sentence[];
}

export const restsOn = (rows: readonly LedgerRow[]): RowReference[] =>
  rows.map(({ kind, id, at }) => ({ kind, id, at }));

export function restsOnBooking({ booking, bookingId, tombstone }: BookingLedger): RowReference[] {
  if (booking !== null) return [{ kind: "booking", id: bookingId, at: booking.since ?? booking.createdAt }];
  return tombstone === null ? [] : [{ kind: "tombstone", id: bookingId, at: tombstone.deletedAt }];
}

/** Begins with a capital letter and ends with one stop. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}
