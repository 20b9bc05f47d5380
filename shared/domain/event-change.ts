import type { Attendee, DesiredEvent, EventChange, RemoteEvent } from "#domain/calendar-event.ts";

/**
 * What a live event lacks of what the booking wants; empty when they agree.
 * A changed time is always sent whole (start, end, zone), since Calendar validates them together.
 */
export function changeOf(remote: RemoteEvent, desired: DesiredEvent): EventChange {
  const { startsAt, endsAt, timeZone } = desired;
  const sameTimes =
    remote.startsAt?.getTime() === startsAt.getTime() &&
    remote.endsAt?.getTime() === endsAt.getTime() &&
    (remote.timeZone === null || remote.timeZone === timeZone);
  const guests = changeOfGuests(remote, desired);
  return {
    ...(remote.summary === desired.summary ? {} : { summary: desired.summary }),
    ...(remote.description === desired.description ? {} : { description: desired.description }),
    ...(sameTimes ? {} : { times: { startsAt, endsAt, timeZone } }),
    ...(guests === null ? {} : { guests }),
  };
}

export function isEmptyChange(change: EventChange): boolean {
  return Object.keys(change).length === 0;
}

/** The customer is on the list and a former customer is not; everybody else stays, with their answers. */
function changeOfGuests(
  remote: RemoteEvent,
  { guest, bookingId }: DesiredEvent,
): NonNullable<EventChange["guests"]> | null {
  const former = remote.guestEmail;
  const replaced = former !== null && !isSame(former, guest?.email);
  const staying = replaced ? remote.attendees.filter(({ email }) => !isSame(email, former)) : remote.attendees;
  const missing = guest !== null && !staying.some(({ email }) => isSame(email, guest.email));
  const attendees: readonly Attendee[] = missing ? [...staying, guest] : staying;
  if (!missing && attendees.length === remote.attendees.length && isSame(former, guest?.email)) return null;
  return { attendees, marks: { bookingId, guestEmail: guest?.email ?? null } };
}

/** Addresses differ in more than case; a missing one equals only a missing one. */
function isSame(left: string | null | undefined, right: string | null | undefined): boolean {
  return (left ?? "").toLowerCase() === (right ?? "").toLowerCase();
}
