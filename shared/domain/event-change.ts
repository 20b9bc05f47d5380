import type { Attendee, DesiredEvent, EventChange, RemoteEvent } from "#domain/calendar-event.ts";

/**
 * What a live event lacks of what the booking wants; empty when they agree.
 * A changed time is always sent whole (start, end, zone), since Calendar validates them together.
 */
export function changeOf(remote: RemoteEvent, desired: DesiredEvent): EventChange {
  const { startsAt, endsAt, timeZone } = desired;
  const sameTimes = isAtTimes(remote, desired) && (remote.timeZone === null || remote.timeZone === timeZone);
  return {
    ...(remote.summary === desired.summary ? {} : { summary: desired.summary }),
    ...(remote.description === desired.description ? {} : { description: desired.description }),
    ...(sameTimes ? {} : { times: { startsAt, endsAt, timeZone } }),
    ...changeOfGuests(remote, desired),
  };
}

export function isEmptyChange(change: EventChange): boolean {
  return Object.keys(change).length === 0;
}

/** As `changeOf` for an event that a person had typed: title, description and zone stay in their words. */
export function changeOfAdopted(remote: RemoteEvent, desired: DesiredEvent): EventChange {
  const { summary: _summary, description: _description, times, ...change } = changeOf(remote, desired);
  return times === undefined || isAtTimes(remote, desired) ? change : { ...change, times };
}

/** The same instants, whatever the zone they are shown in. */
export function isAtTimes(
  remote: Pick<RemoteEvent, "startsAt" | "endsAt">,
  { startsAt, endsAt }: Pick<DesiredEvent, "startsAt" | "endsAt">,
): boolean {
  return remote.startsAt?.getTime() === startsAt.getTime() && remote.endsAt?.getTime() === endsAt.getTime();
}

/** The customer is on the list and a former customer is not; everybody else stays, with their answers. */
function changeOfGuests(
  remote: RemoteEvent,
  { guest, bookingId }: DesiredEvent,
): Pick<EventChange, "attendees" | "marks"> {
  const former = remote.guestEmail;
  const replaced = former !== null && !isSameAddress(former, guest?.email);
  const staying = replaced ? remote.attendees.filter(({ email }) => !isSameAddress(email, former)) : remote.attendees;
  const missing = guest !== null && !staying.some(({ email }) => isSameAddress(email, guest.email));
  const attendees: readonly Attendee[] = missing ? [...staying, guest] : staying;
  if (!missing && attendees.length === remote.attendees.length && isSameAddress(former, guest?.email)) return {};
  return { attendees, marks: { bookingId, guestEmail: guest?.email ?? null } };
}

/** Addresses differ in more than case; a missing one equals only a missing one. */
export function isSameAddress(left: string | null | undefined, right: string | null | undefined): boolean {
  return (left ?? "").toLowerCase() === (right ?? "").toLowerCase();
}
