import type { BookingRoom } from "#domain/booking.ts";
import { asError, PermanentError } from "#kernel/verdicts.ts";
import type { BookingLease, BookingStore, RoomKey } from "#ports/booking-store.ts";
import type { Calendar } from "#ports/calendar.ts";
import { LeaseLostError } from "./event-holder.ts";

export interface RetireDeps {
  readonly calendar: Calendar;
  readonly store: Pick<BookingStore, "renew">;
}

export interface RetireRequest {
  readonly lease: BookingLease;
  readonly rooms: readonly BookingRoom[];
  readonly note: (effect: string, key: string, outcome: string) => void;
}

export interface Retirement {
  /** Rooms whose event is gone now, or never was ours. */
  readonly retired: readonly RoomKey[];
  /** Why others stay, for the row; null when none does for good. */
  readonly reason: string | null;
  /** Set when a later try may remove more. */
  readonly retry: Error | null;
}

/** Removes our events from the calendars that hold them; one calendar's trouble keeps no other event alive. */
export function makeRetireEvents(deps: RetireDeps): (request: RetireRequest) => Promise<Retirement> {
  return async (request) => {
    const retired: RoomKey[] = [];
    const refusals: string[] = [];
    let retry: Error | null = null;
    for (const room of request.rooms) {
      try {
        request.note("calendar.remove", room.eventId, await removeEvent(deps, request.lease, room));
        const { userId, calendarId, eventId } = room;
        retired.push({ userId, calendarId, eventId });
      } catch (thrown) {
        if (thrown instanceof LeaseLostError) throw thrown;
        if (thrown instanceof PermanentError) {
          request.note("calendar.remove", room.eventId, thrown.code);
          refusals.push(thrown.message);
        } else retry = asError(thrown);
      }
    }
    const [first] = refusals;
    const reason = first === undefined ? null : `An earlier calendar event could not be removed: ${first}`;
    return { retired, reason, retry };
  };
}

/** An id says nothing about who made an event: it is looked at first, and one without our marker is left alone. */
export async function removeEvent(
  deps: RetireDeps,
  lease: BookingLease,
  room: Pick<BookingRoom, "userId" | "calendarId" | "eventId">,
): Promise<string> {
  const { calendar, store } = deps;
  const event = await calendar.get(room, room.eventId);
  if (event === null || event.cancelled) return "already_gone";
  if (event.bookingId !== lease.bookingId) return "not_ours";
  if (!(await store.renew(lease))) throw new LeaseLostError();
  return (await calendar.remove(room, room.eventId)).kind;
}
