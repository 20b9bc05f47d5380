import { hexOfUuid } from "#kernel/ids.ts";

export interface Guest {
  readonly email: string;
  readonly displayName: string;
}

/** A guest as Google has them; sent back whole, since a changed list replaces the old one with its answers. */
export interface Attendee {
  readonly email: string;
  readonly displayName?: string | undefined;
  readonly responseStatus?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly comment?: string | undefined;
  readonly additionalGuests?: number | undefined;
  readonly resource?: boolean | undefined;
}

/** The event a booking wants; only these fields are ours. */
export interface DesiredEvent {
  readonly summary: string;
  readonly description: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly timeZone: string;
  /** The customer; whom else the consultant invites is the consultant's affair. */
  readonly guest: Guest | null;
  readonly bookingId: string;
}

/** Our private notes on an event: whose it is, and whom we invited, so that a later change knows who left. */
export interface EventMarks {
  readonly bookingId: string;
  readonly guestEmail: string | null;
}

/** What to change on an event: only the fields that are present. */
export interface EventChange {
  readonly summary?: string;
  readonly description?: string;
  readonly times?: Pick<DesiredEvent, "startsAt" | "endsAt" | "timeZone">;
  readonly guests?: {
    readonly attendees: readonly Attendee[];
    readonly marks: EventMarks;
  };
}

export type Conference =
  | { readonly kind: "none" }
  | { readonly kind: "pending" }
  | { readonly kind: "failed" }
  | { readonly kind: "ready"; readonly meetingCode: string; readonly videoUri: string };

/** The event as Google has it. */
export interface RemoteEvent {
  readonly id: string;
  readonly etag: string;
  readonly cancelled: boolean;
  readonly htmlLink: string;
  readonly iCalUid: string;
  readonly summary: string;
  readonly description: string;
  /** Null for an event without a time of day. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly timeZone: string | null;
  readonly attendees: readonly Attendee[];
  /** Our private marker; null on events that are not ours. */
  readonly bookingId: string | null;
  /** The customer we had invited, by our private note. */
  readonly guestEmail: string | null;
  readonly conference: Conference;
}

/**
 * The id of a booking's n-th event: an id stays taken after its event is deleted, so each generation has its own.
 * Hexadecimal digits are a subset of the alphabet Calendar allows (0-9, a-v); 34 or more characters.
 */
export function calendarEventId(bookingId: string, generation: number): string {
  return hexOfUuid(bookingId) + generation.toString(16).padStart(2, "0");
}

/** Google ignores a conference request whose id it has seen: a retried insert never makes a second room. */
export function conferenceRequestId(eventId: string): string {
  return `meet-${eventId}`;
}
