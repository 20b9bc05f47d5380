import { conferenceRequestId, type DesiredEvent, type EventChange, type RemoteEvent } from "#domain/calendar-event.ts";
import { isAtTimes, isSameAddress } from "#domain/event-change.ts";

/** The part of a booking by which an event that somebody typed is known to be its meeting. */
export interface Appointment {
  readonly bookingId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly customerEmail: string | null;
}

/** Why an event is not taken for a booking's meeting; a person decides then. */
export const adoptionProblems = [
  /** It carries our mark of another booking. */
  "other_booking",
  "all_day",
  /** The customer is a guest, at other times. */
  "other_times",
  /** Another matter that takes some of the same time. */
  "overlaps",
  "customer_not_invited",
  /** Somebody else's event, of which the consultant is a guest. */
  "not_organizer",
  /** By the consultant or by the customer. */
  "declined",
  "series",
  /** Its conference is not Google Meet. */
  "other_conference",
] as const;
export type AdoptionProblem = (typeof adoptionProblems)[number];

/**
 * What keeps a live event from being adopted as the meeting of a booking; null when it may be: same times, the customer
 * among its guests, and nobody else's. Asked when it is proposed, and again right before it is marked.
 */
export function adoptionProblem(event: RemoteEvent, booking: Appointment): AdoptionProblem | null {
  const { traits, conference } = event;
  const customer = customerOf(event, booking);
  if (event.bookingId !== null && event.bookingId !== booking.bookingId) return "other_booking";
  if (traits.days !== null) return "all_day";
  if (!isAtTimes(event, booking)) return customer === undefined ? "overlaps" : "other_times";
  if (customer === undefined) return "customer_not_invited";
  if (!traits.organizedHere) return "not_organizer";
  if (traits.declinedHere || customer.responseStatus === "declined") return "declined";
  if (traits.partOfSeries) return "series";
  if (conference.kind === "ready" && !conference.videoUri.startsWith("https://meet.google.com/")) {
    return "other_conference";
  }
  return null;
}

export function customerOf(event: RemoteEvent, { customerEmail }: Pick<Appointment, "customerEmail">) {
  const email = customerEmail?.trim() ?? "";
  return email === "" ? undefined : event.attendees.find((attendee) => isSameAddress(attendee.email, email));
}

/**
 * What adopting changes on an event: our private marks, and a Meet link when it has none. `adoptionKey` tells one
 * adoption of an event from the next: Google ignores a conference request whose id it has seen.
 */
export function changeOfAdoption(remote: RemoteEvent, desired: DesiredEvent, adoptionKey: string): EventChange {
  const { bookingId, guest } = desired;
  return {
    ...(remote.bookingId === bookingId ? {} : { marks: { bookingId, guestEmail: guest?.email ?? null } }),
    ...(remote.conference.kind === "none"
      ? { conferenceRequestId: `${conferenceRequestId(remote.id)}-${adoptionKey}` }
      : {}),
  };
}

/** What takes an adoption back: our marks, and the Meet link if it is the one that adopting had asked for. */
export function changeOfRelease(remote: RemoteEvent): EventChange {
  const isOurLink = remote.conferenceRequestId?.startsWith(`${conferenceRequestId(remote.id)}-`) ?? false;
  return { marks: null, ...(isOurLink ? { conferenceRequestId: null } : {}) };
}
