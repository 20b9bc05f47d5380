import type { Attendee, DesiredEvent, RemoteEvent } from "#domain/calendar-event.ts";

/**
 * The fields in which a live event differs from what the booking wants; empty when they agree.
 * A changed time is always sent whole (start, end, zone), since Calendar validates them together.
 */
export function changeOf(remote: RemoteEvent, desired: DesiredEvent): Partial<DesiredEvent> {
  const sameTimes =
    remote.startsAt?.getTime() === desired.startsAt.getTime() &&
    remote.endsAt?.getTime() === desired.endsAt.getTime() &&
    (remote.timeZone === null || remote.timeZone === desired.timeZone);
  return {
    ...(remote.summary === desired.summary ? {} : { summary: desired.summary }),
    ...(remote.description === desired.description ? {} : { description: desired.description }),
    ...(sameTimes ? {} : { startsAt: desired.startsAt, endsAt: desired.endsAt, timeZone: desired.timeZone }),
    ...(sameGuests(remote.attendees, desired.attendees) ? {} : { attendees: desired.attendees }),
  };
}

export function isEmptyChange(change: Partial<DesiredEvent>): boolean {
  return Object.keys(change).length === 0;
}

/** Guests are compared by address: Google may know them under another name. */
function sameGuests(left: readonly Attendee[], right: readonly Attendee[]): boolean {
  const addresses = (guests: readonly Attendee[]): string =>
    guests
      .map((guest) => guest.email.toLowerCase())
      .sort()
      .join("\n");
  return addresses(left) === addresses(right);
}
