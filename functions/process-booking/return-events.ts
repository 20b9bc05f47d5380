import type { BookingRoom } from "#domain/booking.ts";
import { changeOfRelease } from "#domain/event-adoption.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { BookingLease } from "#ports/booking-store.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import { LeaseLostError, MAX_MERGES } from "./event-holder.ts";
import { type RetireDeps, removeEvent } from "./retire-events.ts";

export interface ReturnDeps extends RetireDeps {
  readonly meetings: Pick<MeetingRooms, "withdrawRecording">;
}

export interface ReturnRequest {
  readonly lease: BookingLease;
  readonly rooms: readonly BookingRoom[];
  /** Meet was asked to record: the room of an adopted event outlives the booking, and must not go on doing so. */
  readonly autoRecording: boolean;
  readonly note: (effect: string, key: string, outcome: string) => void;
}

/**
 * Leaves calendars as if the booking had never been taken up: events of ours go, adopted ones lose our marks. Unlike
 * retiring it stops at the first calendar that refuses: an undo that is not whole must say so.
 */
export function makeReturnEvents(deps: ReturnDeps): (request: ReturnRequest) => Promise<void> {
  return async (request) => {
    const { lease, rooms, note } = request;
    for (const room of rooms) {
      if (room.adopted) {
        if (request.autoRecording) await withdrawRecording(deps, request, room);
        note("calendar.release", room.eventId, await releaseEvent(deps, lease, room));
      } else note("calendar.remove", room.eventId, await removeEvent(deps, lease, room));
    }
  };
}

/** A consultant whose edition or consent has no recording had none asked for either. */
async function withdrawRecording(
  { meetings }: ReturnDeps,
  { note }: ReturnRequest,
  { userId, spaceName }: BookingRoom,
): Promise<void> {
  if (spaceName === null) return;
  try {
    await meetings.withdrawRecording(userId, spaceName);
    note("meet.recording", spaceName, "withdrawn");
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    note("meet.recording", spaceName, error.code);
  }
}

async function releaseEvent({ calendar, store }: RetireDeps, lease: BookingLease, room: BookingRoom): Promise<string> {
  for (let merge = 0; merge < MAX_MERGES; merge += 1) {
    const event = await calendar.get(room, room.eventId);
    if (event === null || event.cancelled) return "already_gone";
    if (event.bookingId !== lease.bookingId) return "not_ours";
    if (!(await store.renew(lease))) throw new LeaseLostError();
    const target = { eventId: event.id, etag: event.etag, change: changeOfRelease(event) };
    const answer = await calendar.patch(room, target);
    if (answer.kind !== "changed") return answer.kind === "gone" ? "already_gone" : "released";
  }
  throw new RetryableError("The event is being edited in Google at this moment.", { code: "event_busy" });
}
