import type { BackfillTask, BookingLook, PipelineStatus } from "#domain/booking.ts";
import type { Effect } from "#ports/effect-log.ts";

/** A held lease; `fencing` rises with every holder and guards every write. */
export interface BookingLease {
  readonly bookingId: string;
  readonly fencing: number;
  /** How long the lease lasts from each renewal. */
  readonly leaseSeconds: number;
}

/** One calendar event that was asked for on behalf of a booking. */
export interface RoomKey {
  readonly userId: string;
  readonly calendarId: string;
  readonly eventId: string;
}

/** The columns that show the row's calendar event; all null but the generation when it has none. */
export interface EventColumns {
  readonly id: string | null;
  readonly generation: number;
  readonly link: string | null;
  readonly meetingLink: string | null;
  readonly meetingId: string | null;
}

/** What one pass over a booking leaves on the row. */
export interface ReconcileResult {
  /** Null: the row needs no word. */
  readonly status: PipelineStatus | null;
  /** A sentence for the person who reads the row; null when all is well. */
  readonly reason: string | null;
  /** Absent: the row's event stays as it is. */
  readonly event?: EventColumns;
  /** The event as this pass left it, and the times on which row and calendar now agree. */
  readonly agreement?: RoomKey & { readonly etag: string; readonly startsAt: Date; readonly endsAt: Date };
  /** What the row takes over from the calendar. */
  readonly follow?: { readonly startsAt: Date; readonly endsAt: Date } | { readonly cancelled: true };
  readonly room: (RoomKey & { readonly spaceName: string; readonly meetingCode: string }) | null;
  readonly retired: readonly RoomKey[];
  /** The backfill's task that the pass saw; another one by now means that the world moved on. Absent: it saw none. */
  readonly task?: BackfillTask["kind"] | null;
  /** Present: the booking leaves the pipeline, and its row is as it was before the backfill. */
  readonly returned?: { readonly state: "undone" | "refused"; readonly note: string | null };
  /** Of the connection that the pass saw; null when there was none. */
  readonly tokenVersion: number | null;
}

export interface BookingStore {
  begin(
    bookingId: string,
    options: { readonly holder: string; readonly leaseSeconds: number },
  ): Promise<
    | { readonly kind: "leased"; readonly lease: BookingLease; readonly look: BookingLook }
    /** Another delivery holds it and will see the newest row before it leaves. */
    | { readonly kind: "busy" }
    /** This very delivery holds it: its first run died or still runs. */
    | { readonly kind: "redelivered" }
  >;
  /** Asked before everything that changes the world: false when another holder has taken over. */
  renew(lease: BookingLease): Promise<boolean>;
  /** Notes an event before Google is asked for it, and renews the lease; false when it is lost. */
  planRoom(lease: BookingLease, room: RoomKey & { readonly adopted?: boolean }): Promise<boolean>;
  finish(
    lease: BookingLease,
    pass: {
      /** The revision the pass was computed from; null when the row was gone. */
      readonly revision: number | null;
      readonly result: ReconcileResult;
      readonly effects: readonly Effect[];
    },
  ): Promise<
    | { readonly kind: "written" }
    /** The row or the consultant's connection moved on; the lease is still held. */
    | { readonly kind: "changed"; readonly look: BookingLook }
    | { readonly kind: "fenced" }
  >;
  /** Gives the lease back after a failure; a booking that waits shows the reason meanwhile. */
  release(
    lease: BookingLease,
    failure: { readonly reason: string | null; readonly effects: readonly Effect[] },
  ): Promise<void>;
}
