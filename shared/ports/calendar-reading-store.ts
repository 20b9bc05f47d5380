import type { MentionedEvent } from "#ports/calendar-changes.ts";

/** The right to read a consultant's calendar; `fencing` rises with every reader. */
export interface ReadingLease {
  readonly userId: string;
  readonly fencing: number;
  readonly leaseSeconds: number;
}

export interface CalendarReadingStore {
  begin(
    userId: string,
    options: { readonly holder: string; readonly leaseSeconds: number },
  ): Promise<
    | {
        readonly kind: "leased";
        readonly lease: ReadingLease;
        readonly calendarId: string;
        readonly syncToken: string | null;
      }
    /** Another reader is at work, and reads once more before it leaves. */
    | { readonly kind: "busy" }
    | { readonly kind: "not_connected" }
  >;
  /** How many bookings were announced because of this page; null when another reader has taken over. */
  recordPage(lease: ReadingLease, reading: string, events: readonly MentionedEvent[]): Promise<number | null>;
  /** Keeps the token; true when something changed meanwhile and the lease is still held for one more reading. */
  finish(
    lease: ReadingLease,
    result: { readonly reading: string; readonly whole: boolean; readonly syncToken: string | null },
    checkSeconds: number,
  ): Promise<boolean>;
  breakOff(lease: ReadingLease, problem: string, retrySeconds: number): Promise<void>;
  /** Consultants whose calendar is due for a reading, each handed to one caller for `claimSeconds`. */
  claimUnread(limit: number, claimSeconds: number): Promise<readonly string[]>;
}
