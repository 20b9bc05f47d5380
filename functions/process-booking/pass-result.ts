import type { BookingSnapshot } from "#domain/booking.ts";
import type { Outcome } from "#kernel/outcome.ts";
import type { BookingLease, EventColumns, ReconcileResult } from "#ports/booking-store.ts";

export interface PassInput {
  readonly snapshot: BookingSnapshot;
  readonly lease: BookingLease;
  /** Adds a line to the ledger of outer effects. */
  readonly note: (effect: string, key: string, outcome: string) => void;
}

/** What a pass achieved. */
export interface PassResult {
  readonly outcome: Outcome;
  readonly result: ReconcileResult;
  /** Set when the row can be written and a later delivery has something left to do. */
  readonly retry?: Error | null;
}

export type Pass = (input: PassInput) => Promise<PassResult>;

/** A result that leaves the event and its rooms alone but for what is given. */
export function resultOf(
  { snapshot }: PassInput,
  result: Pick<ReconcileResult, "status"> & Partial<ReconcileResult>,
): ReconcileResult {
  const { reason = null, room = null, retired = [], ...given } = result;
  const tokenVersion = snapshot.connection?.tokenVersion ?? null;
  return { ...given, reason, room, retired, tokenVersion, task: snapshot.task?.kind ?? null };
}

/** The columns of a row whose event was removed: the next one needs an id of its own. */
export function noEvent({ booking }: BookingSnapshot): EventColumns {
  const generation = (booking?.calendarGeneration ?? 0) + 1;
  return { id: null, generation, link: null, meetingLink: null, meetingId: null };
}

/** One paragraph of what there is to say; null when there is nothing. */
export function sentences(...parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part) => part !== null);
  return said.length === 0 ? null : said.join(" ");
}
