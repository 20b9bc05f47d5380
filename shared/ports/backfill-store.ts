import type { BackfillProposal, BackfillSlot } from "#domain/backfill-proposal.ts";

/** One calendar of a backfill's plan. */
export interface CalendarReadKey {
  readonly backfillId: number;
  readonly userId: string;
}

/** The plan that an operator's backfill keeps; the calendar's part of it. */
export interface BackfillStore {
  /** Which calendar to read and for what time, or that nobody wants it any more. */
  begin(
    key: CalendarReadKey,
  ): Promise<
    | { readonly kind: "wanted"; readonly calendarId: string; readonly from: Date; readonly until: Date }
    | { readonly kind: "unwanted" }
  >;
  /** The consultant's bookings in the plan. */
  slots(key: CalendarReadKey): Promise<readonly BackfillSlot[]>;
  propose(
    key: CalendarReadKey,
    found: { readonly calendarId: string; readonly proposals: readonly BackfillProposal[] },
  ): Promise<void>;
  /** How it ended: read, or why not; `waits` is tried again, `not_connected` skips the consultant's bookings. */
  finish(
    key: CalendarReadKey,
    end: { readonly kind: "read" } | { readonly kind: "waits" | "failed" | "not_connected"; readonly problem: string },
  ): Promise<void>;
}
