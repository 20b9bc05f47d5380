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
  readonly attendees?: readonly Attendee[];
  /** Null takes our notes off. */
  readonly marks?: EventMarks | null;
  /** Asks for a Meet link under this id; null takes the event's link off. */
  readonly conferenceRequestId?: string | null;
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
  /** Under which id a link was asked for through the API; null for one that came about otherwise, and for none. */
  readonly conferenceRequestId: string | null;
  /** What it is besides a meeting of this calendar's owner at a time of day. */
  readonly traits: EventTraits;
}

export interface EventTraits {
  /** False: somebody else invited the calendar's owner, who cannot change it for everybody. */
  readonly organizedHere: boolean;
  /** The calendar's owner has said no. */
  readonly declinedHere: boolean;
  /** One date of a series: to change it makes it an exception for good. */
  readonly partOfSeries: boolean;
  /** Shown as free, or no appointment at all (a working location, a birthday). */
  readonly free: boolean;
  /** The UTC midnights of an all-day event's first date and of the date after its last; null with a time of day. */
  readonly days: { readonly from: Date; readonly until: Date } | null;
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
