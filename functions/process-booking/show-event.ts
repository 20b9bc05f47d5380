import type { BookingRoom } from "#domain/booking.ts";
import type { BookingGoal } from "#domain/booking-goal.ts";
import { done, parked } from "#kernel/outcome.ts";
import type { EventColumns, ReconcileResult } from "#ports/booking-store.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import type { HeldEvent } from "./event-holder.ts";
import { type OpenedSpace, openSpace } from "./open-space.ts";
import { type PassInput, type PassResult, resultOf, sentences } from "./pass-result.ts";

/** A live event, and what is wanted of it. */
export interface ShownEvent {
  readonly input: PassInput;
  readonly goal: Extract<BookingGoal, { kind: "hold_event" }>;
  readonly held: HeldEvent;
  readonly room: Pick<BookingRoom, "userId" | "calendarId" | "eventId"> & Partial<BookingRoom>;
}

/** What the row shows of a live event: the link of this very event or none. */
export async function showEvent(meetings: MeetingRooms, { input, goal, held, room }: ShownEvent): Promise<PassResult> {
  const { id, htmlLink: link, conference } = held.event;
  const event: EventColumns = { id, generation: held.generation, link, meetingLink: null, meetingId: null };
  const agreement = agreementOf({ input, goal, held, room });
  if (conference.kind !== "ready") return withoutLink(input, { event, agreement }, conference.kind);
  const { meetingCode, videoUri: meetingLink } = conference;
  const { userId, calendarId, eventId, spaceName } = room;
  const space: OpenedSpace =
    spaceName != null && room.meetingCode === meetingCode
      ? { spaceName, status: "scheduled", reason: null, retry: null }
      : await openSpace(meetings, { userId, meetingCode, autoRecording: goal.autoRecording, note: input.note });
  const { status, spaceName: meetingId } = space;
  const reason = sentences(goal.note, space.reason);
  const opened = meetingId === null ? null : { userId, calendarId, eventId, spaceName: meetingId, meetingCode };
  const result = resultOf(input, {
    ...{ status, reason, room: opened, agreement },
    event: { ...event, meetingLink, meetingId },
  });
  const outcome =
    status === "scheduled" ? done("the calendar agrees with the row") : parked("no_meet_space", reason ?? status);
  return { outcome, result, retry: space.retry };
}

/** What row and calendar agree upon from here on: a later difference is somebody's doing. */
function agreementOf({ goal, held: { event }, room }: ShownEvent): NonNullable<ReconcileResult["agreement"]> {
  const { userId, calendarId } = room;
  const { startsAt, endsAt } = goal.event;
  return { userId, calendarId, eventId: event.id, etag: event.etag, startsAt, endsAt };
}

/** An event whose link is not there yet, or never will be: the row says which. */
function withoutLink(
  input: PassInput,
  shown: Pick<ReconcileResult, "event" | "agreement">,
  kind: "none" | "pending" | "failed",
): PassResult {
  if (kind === "pending") {
    const reason = "The event is in the calendar; Google is still making its Meet link.";
    return {
      outcome: done("the link is still pending"),
      result: resultOf(input, { status: "pending", reason, ...shown }),
    };
  }
  const reason =
    "The event is in the calendar, but Google made no Meet link for it. Check that the consultant's Google account may create Meet meetings.";
  return { outcome: parked("no_meet_link", reason), result: resultOf(input, { status: "failed", reason, ...shown }) };
}
