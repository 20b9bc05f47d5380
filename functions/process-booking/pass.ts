import type { Delivery } from "#contracts/delivery.ts";
import type { BookingRoom, BookingSnapshot } from "#domain/booking.ts";
import { type BookingGoal, goalOf } from "#domain/booking-goal.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { NeedsReconnectError, PermanentError } from "#kernel/verdicts.ts";
import type { BookingLease, ReconcileResult } from "#ports/booking-store.ts";
import type { Calendar } from "#ports/calendar.ts";
import type { Effect } from "#ports/effect-log.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import type { EventRequest, HeldEvent } from "./event-holder.ts";

export interface PassDeps {
  readonly calendar: Calendar;
  readonly meetings: MeetingRooms;
  readonly holdEvent: (request: EventRequest) => Promise<HeldEvent>;
}

export interface PassInput {
  readonly snapshot: BookingSnapshot;
  readonly lease: BookingLease;
  readonly delivery: Delivery;
}

/** What a pass achieved; `result` is null when the row needs no word about it. */
export interface PassResult {
  readonly outcome: Outcome;
  readonly result: ReconcileResult | null;
}

export type Pass = (input: PassInput) => Promise<PassResult>;

type HoldEvent = Extract<BookingGoal, { kind: "hold_event" }>;
type Note = (effect: string, key: string, outcome: string) => void;

/** One pass: decide from the snapshot, act on Google, say what the row should show. */
export function makePass(deps: PassDeps): Pass {
  return async ({ snapshot, lease, delivery }) => {
    const effects: Effect[] = [];
    const note: Note = (effect, key, outcome) => {
      const { traceId } = delivery;
      effects.push({ bookingId: lease.bookingId, step: "process-booking", effect, key, outcome, traceId });
    };
    const goal = goalOf(snapshot);
    const present = { ...unchanged(snapshot), effects };
    try {
      switch (goal.kind) {
        case "leave":
          return { outcome: ignored(goal.reason), result: null };
        case "park":
          return { outcome: parked(goal.code, goal.reason), result: { ...present, ...statusOf(goal) } };
        case "retire_events":
          return await retireAll(deps, { snapshot, present, note });
        case "hold_event":
          return await hold(deps, { goal, snapshot, lease, present, note });
        default:
          return assertNever(goal);
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      const status = error instanceof NeedsReconnectError ? "needs_reconnect" : "failed";
      note("calendar", lease.bookingId, error.code);
      return { outcome: parked(error.code, error.message), result: { ...present, status, reason: error.message } };
    }
  };
}

/** The row's own values, for results that leave the event alone. */
function unchanged({ booking }: BookingSnapshot): Omit<ReconcileResult, "effects"> {
  return {
    status: booking?.pipelineStatus ?? "pending",
    reason: null,
    calendarGeneration: booking?.calendarGeneration ?? 0,
    googleCalendarEventId: booking?.googleCalendarEventId ?? null,
    googleCalendarLink: booking?.googleCalendarLink ?? null,
    meetingLink: booking?.meetingLink ?? null,
    meetingId: booking?.meetingId ?? null,
    room: null,
    retired: [],
  };
}

const statusOf = ({
  status,
  reason,
}: Extract<BookingGoal, { kind: "park" }>): Pick<ReconcileResult, "status" | "reason"> => ({
  status,
  reason,
});

interface Retirement {
  readonly snapshot: BookingSnapshot;
  readonly present: ReconcileResult;
  readonly note: Note;
}

async function retireAll(deps: PassDeps, { snapshot, present, note }: Retirement): Promise<PassResult> {
  const retired = await retireRooms(deps, snapshot.rooms, note);
  const left = snapshot.rooms.length - retired.length;
  const generation = present.calendarGeneration + (retired.length > 0 ? 1 : 0);
  const reason =
    left === 0 ? null : `${left} calendar event could not be removed: its owner is not connected to Google.`;
  return {
    outcome: done(`${retired.length} events removed`),
    result: {
      ...present,
      ...{ status: "cancelled", reason, retired, calendarGeneration: generation },
      ...{ googleCalendarEventId: null, googleCalendarLink: null, meetingLink: null, meetingId: null },
    },
  };
}

/** Removes events from the calendars that hold them; a calendar we lost access to keeps its room on the list. */
async function retireRooms(
  deps: PassDeps,
  rooms: readonly BookingRoom[],
  note: Note,
): Promise<{ readonly userId: string; readonly eventId: string }[]> {
  const retired: { userId: string; eventId: string }[] = [];
  for (const { userId, calendarId, eventId } of rooms) {
    try {
      const answer = await deps.calendar.remove({ userId, calendarId }, eventId);
      note("calendar.remove", eventId, answer.kind);
      retired.push({ userId, eventId });
    } catch (error) {
      if (!(error instanceof NeedsReconnectError)) throw error;
      note("calendar.remove", eventId, error.code);
    }
  }
  return retired;
}

interface Holding {
  readonly goal: HoldEvent;
  readonly snapshot: BookingSnapshot;
  readonly lease: BookingLease;
  readonly present: ReconcileResult;
  readonly note: Note;
}

async function hold(deps: PassDeps, { goal, snapshot, lease, present, note }: Holding): Promise<PassResult> {
  const at = { userId: goal.userId, calendarId: goal.calendarId };
  const here = snapshot.rooms.find(
    (room) => room.userId === goal.userId && room.eventId === snapshot.booking?.googleCalendarEventId,
  );
  const knownEventId = here?.eventId ?? null;
  const generation = present.calendarGeneration;
  const held = await deps.holdEvent({ lease, at, event: goal.event, knownEventId, generation, note });
  const others = snapshot.rooms.filter((room) => room.userId !== goal.userId || room.eventId !== held.event.id);
  const retired = await retireRooms(deps, others, note);
  const event = { calendarGeneration: held.generation, googleCalendarEventId: held.event.id };
  const base = { ...present, ...event, googleCalendarLink: held.event.htmlLink, retired, reason: goal.note };
  const { conference } = held.event;
  if (conference.kind !== "ready") return withoutLink(base, conference.kind);
  const spaceName = await openSpace(deps, { goal, known: here?.spaceName ?? null, code: conference.meetingCode, note });
  return {
    outcome: done("the calendar agrees with the row"),
    result: {
      ...base,
      status: "scheduled",
      meetingLink: conference.videoUri,
      meetingId: spaceName,
      room: { userId: goal.userId, eventId: held.event.id, spaceName, meetingCode: conference.meetingCode },
    },
  };
}

/** An event whose link is not there yet, or never will be: the row says which. */
function withoutLink(base: ReconcileResult, kind: "none" | "pending" | "failed"): PassResult {
  if (kind === "pending") {
    const reason = "The event is in the calendar; Google is still making its Meet link.";
    return { outcome: done("the link is still pending"), result: { ...base, status: "pending", reason } };
  }
  const reason =
    "The event is in the calendar, but Google made no Meet link for it. Check that the consultant's Google account may create Meet meetings.";
  return { outcome: parked("no_meet_link", reason), result: { ...base, status: "failed", reason } };
}

interface SpaceRequest {
  readonly goal: HoldEvent;
  readonly known: string | null;
  readonly code: string;
  readonly note: Note;
}

/** The room's stable name, by which recordings are found later; asked once per event, recording requested with it. */
async function openSpace(deps: PassDeps, { goal, known, code, note }: SpaceRequest): Promise<string> {
  if (known !== null) return known;
  const spaceName = await deps.meetings.spaceOf(goal.userId, code);
  note("meet.space", spaceName, "found");
  if (goal.autoRecording) {
    await deps.meetings.requestRecording(goal.userId, spaceName);
    note("meet.recording", spaceName, "requested");
  }
  return spaceName;
}
