import type { BookingGoal } from "#domain/booking-goal.ts";
import { done } from "#kernel/outcome.ts";
import type { ReconcileResult } from "#ports/booking-store.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import type { Adoption, AdoptionRequest } from "./adopt-event.ts";
import { type PassInput, type PassResult, resultOf } from "./pass-result.ts";
import type { ReturnRequest } from "./return-events.ts";
import { showEvent } from "./show-event.ts";

/** What a backfill asks besides the row. */
export interface BackfillDeps {
  readonly meetings: MeetingRooms;
  readonly adoptEvent: (request: AdoptionRequest) => Promise<Adoption>;
  readonly returnEvents: (request: ReturnRequest) => Promise<void>;
}

/** Nothing of the booking stays on any calendar; an adopted event is as its consultant typed it. */
export async function returnBooking(
  deps: BackfillDeps,
  input: PassInput,
  returned: NonNullable<ReconcileResult["returned"]>,
): Promise<PassResult> {
  const { lease, note, snapshot } = input;
  const autoRecording = snapshot.service?.meetingSettings.autoRecording ?? false;
  await deps.returnEvents({ lease, note, rooms: snapshot.rooms, autoRecording });
  const result = resultOf(input, { status: null, retired: snapshot.rooms, returned });
  return { outcome: done(`the booking is ${returned.state}`), result };
}

/** An event that a person has confirmed becomes the booking's; one that has changed since is left to a person. */
export async function adopt(
  deps: BackfillDeps,
  input: PassInput,
  { task, hold: goal }: Extract<BookingGoal, { kind: "adopt_event" }>,
): Promise<PassResult> {
  const { lease, note, snapshot } = input;
  const isHere = task.userId === goal.userId && task.calendarId === goal.calendarId;
  const adoption = isHere
    ? await deps.adoptEvent({ lease, note, task, event: goal.event })
    : ({ kind: "refused", reason: "other_calendar" } as const);
  // A try that was broken off may have marked it.
  if (adoption.kind === "refused") {
    return returnBooking(deps, input, { state: "refused", note: adoption.reason });
  }
  const { userId, calendarId, eventId } = task;
  const held = { event: adoption.event, generation: snapshot.booking?.calendarGeneration ?? 0 };
  return showEvent(deps.meetings, { input, goal, held, room: { userId, calendarId, eventId } });
}
