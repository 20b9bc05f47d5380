import type { DesiredEvent, EventChange, RemoteEvent } from "#domain/calendar-event.ts";

/** Whose calendar, with whose token. */
export interface CalendarAddress {
  readonly userId: string;
  readonly calendarId: string;
}

/** A new event: its id and the id of its conference request make a repeated insert harmless. */
export interface NewEvent {
  readonly id: string;
  readonly conferenceRequestId: string;
  readonly event: DesiredEvent;
}

/**
 * One consultant's calendar. Expected answers are returned; everything else is thrown as a verdict:
 * `NeedsReconnectError` (token dead or scope missing), `PermanentError`, `RetryableError`.
 */
export interface Calendar {
  insert(
    at: CalendarAddress,
    event: NewEvent,
  ): Promise<{ readonly kind: "inserted"; readonly event: RemoteEvent } | { readonly kind: "id_taken" }>;
  /** Null when there is no such event; a deleted one is returned as cancelled. */
  get(at: CalendarAddress, eventId: string): Promise<RemoteEvent | null>;
  /** Every event that overlaps the time, deleted ones left out, a series as its dates; titles are not read. */
  list(at: CalendarAddress, time: { readonly from: Date; readonly until: Date }): Promise<readonly RemoteEvent[]>;
  /** Sends only the given fields, guarded by the etag of the version they were computed from. */
  patch(
    at: CalendarAddress,
    target: { readonly eventId: string; readonly etag: string; readonly change: EventChange },
  ): Promise<
    { readonly kind: "patched"; readonly event: RemoteEvent } | { readonly kind: "changed" } | { readonly kind: "gone" }
  >;
  remove(
    at: CalendarAddress,
    eventId: string,
  ): Promise<{ readonly kind: "removed" } | { readonly kind: "already_gone" }>;
}
