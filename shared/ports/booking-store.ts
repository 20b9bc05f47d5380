import type { BookingSnapshot, PipelineStatus } from "#domain/booking.ts";
import type { Effect } from "#ports/effect-log.ts";

/** A held lease; `fencing` rises with every holder and guards every write. */
export interface BookingLease {
  readonly bookingId: string;
  readonly fencing: number;
}

/** What one pass over a booking leaves on the row. */
export interface ReconcileResult {
  readonly status: PipelineStatus;
  /** A sentence for the person who reads the row; null when all is well. */
  readonly reason: string | null;
  readonly calendarGeneration: number;
  readonly googleCalendarEventId: string | null;
  readonly googleCalendarLink: string | null;
  readonly meetingLink: string | null;
  readonly meetingId: string | null;
  readonly room: {
    readonly userId: string;
    readonly eventId: string;
    readonly spaceName: string;
    readonly meetingCode: string;
  } | null;
  readonly retired: readonly { readonly userId: string; readonly eventId: string }[];
  readonly effects: readonly Effect[];
}

export interface BookingStore {
  begin(
    bookingId: string,
    options: { readonly holder: string; readonly leaseSeconds: number },
  ): Promise<
    | { readonly kind: "leased"; readonly lease: BookingLease; readonly snapshot: BookingSnapshot }
    /** Another delivery holds it and will see the newest row before it leaves. */
    | { readonly kind: "busy" }
    /** This very delivery holds it: its first run died or still runs. */
    | { readonly kind: "redelivered" }
  >;
  /** Notes an event before Google is asked for it; false when the lease is lost. */
  planRoom(
    lease: BookingLease,
    room: { readonly userId: string; readonly calendarId: string; readonly eventId: string },
  ): Promise<boolean>;
  finish(
    lease: BookingLease,
    /** The revision the pass was computed from; null when the row was gone. */
    revision: number | null,
    result: ReconcileResult,
  ): Promise<
    | { readonly kind: "written" }
    /** The row moved on; the lease is still held. */
    | { readonly kind: "changed"; readonly snapshot: BookingSnapshot }
    | { readonly kind: "fenced" }
  >;
  release(lease: BookingLease): Promise<void>;
}
