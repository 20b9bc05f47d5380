import { type BookingGoal, goalOf } from "#domain/booking-goal.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import { done, ignored, parked } from "#kernel/outcome.ts";
import { NeedsReconnectError, PermanentError } from "#kernel/verdicts.ts";
import { answerEdit } from "./answer-edit.ts";
import { adopt, type BackfillDeps, returnBooking } from "./backfill-task.ts";
import type { EventRequest, Holding } from "./event-holder.ts";
import { noEvent, type Pass, type PassInput, type PassResult, resultOf, sentences } from "./pass-result.ts";
import type { Retirement, RetireRequest } from "./retire-events.ts";
import { showEvent } from "./show-event.ts";

export interface PassDeps extends BackfillDeps {
  readonly holdEvent: (request: EventRequest) => Promise<Holding>;
  readonly retireEvents: (request: RetireRequest) => Promise<Retirement>;
}

type Goal<Kind extends BookingGoal["kind"]> = Extract<BookingGoal, { kind: Kind }>;

/** One pass: decide from the snapshot, act on Google, say what the row should show. */
export function makePass(deps: PassDeps): Pass {
  return async (input) => {
    const goal = goalOf(input.snapshot);
    try {
      switch (goal.kind) {
        case "leave":
          return { outcome: ignored(goal.reason), result: resultOf(input, { status: null }) };
        case "settle":
          return { outcome: done("no call was needed"), result: resultOf(input, goal) };
        case "park":
          return await parkBooking(deps, input, goal);
        case "retire_events":
          return await retireAll(deps, input);
        case "return_booking":
          return await returnBooking(deps, input, { state: "undone", note: null });
        case "hold_event":
          return await hold(deps, input, goal);
        case "adopt_event":
          return await adopt(deps, input, goal);
        default:
          return assertNever(goal);
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      const status = error instanceof NeedsReconnectError ? "needs_reconnect" : "failed";
      input.note("calendar", input.lease.bookingId, error.code);
      return { outcome: parked(error.code, error.message), result: resultOf(input, { status, reason: error.message }) };
    }
  };
}

async function parkBooking(deps: PassDeps, input: PassInput, goal: Goal<"park">): Promise<PassResult> {
  const { snapshot, lease, note } = input;
  const rooms = snapshot.rooms.filter((room) => room.userId !== goal.userId);
  const { retired, reason, retry } = await deps.retireEvents({ lease, rooms, note });
  const shown = retired.some((room) => room.eventId === snapshot.booking?.googleCalendarEventId);
  const result = resultOf(input, {
    status: goal.status,
    reason: sentences(goal.reason, reason),
    retired,
    ...(shown && { event: noEvent(snapshot) }),
  });
  return { outcome: parked(goal.code, goal.reason), result, retry };
}

async function retireAll(deps: PassDeps, input: PassInput): Promise<PassResult> {
  const { snapshot, lease, note } = input;
  const { retired, reason, retry } = await deps.retireEvents({ lease, rooms: snapshot.rooms, note });
  // The row must not say that all events are gone while one may still go.
  if (retry !== null) throw retry;
  const needsNewId = snapshot.rooms.length > 0 || snapshot.booking?.googleCalendarEventId != null;
  const event = needsNewId ? { event: noEvent(snapshot) } : {};
  return {
    outcome: done(`${retired.length} events removed`),
    result: resultOf(input, { status: "cancelled", reason, retired, ...event }),
  };
}

async function hold(deps: PassDeps, input: PassInput, goal: Goal<"hold_event">): Promise<PassResult> {
  const { snapshot, lease, note } = input;
  const at = { userId: goal.userId, calendarId: goal.calendarId };
  const shownId = snapshot.booking?.googleCalendarEventId ?? null;
  const here = snapshot.rooms.find((room) => room.userId === goal.userId && room.eventId === shownId);
  const elsewhere = snapshot.rooms.filter((room) => room.userId !== at.userId || room.calendarId !== at.calendarId);
  const holding = await deps.holdEvent({
    ...{ lease, at, note, event: goal.event, calendarEdits: goal.calendarEdits },
    knownEventId: here?.eventId ?? null,
    knownIsAdopted: here?.adopted ?? false,
    agreed: here?.agreed ?? null,
    generation: snapshot.booking?.calendarGeneration ?? 0,
    takenIds: new Set(elsewhere.map((room) => room.eventId)),
  });
  if (holding.kind !== "held") return answerEdit(input, goal, holding);
  // A calendar may be known by two names: the event that was just held is not another one.
  const others = snapshot.rooms.filter((room) => room.userId !== at.userId || room.eventId !== holding.event.id);
  const { retired, reason, retry } = await deps.retireEvents({ lease, rooms: others, note });
  const room = here?.eventId === holding.event.id ? here : { ...at, eventId: holding.event.id };
  const shown = await showEvent(deps.meetings, { input, goal, held: holding, room });
  const result = { ...shown.result, retired, reason: sentences(shown.result.reason, reason) };
  return { outcome: shown.outcome, result, retry: retry ?? shown.retry ?? null };
}
