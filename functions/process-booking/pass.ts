import type { BookingRoom, BookingSnapshot } from "#domain/booking.ts";
import { type BookingGoal, goalOf } from "#domain/booking-goal.ts";
import { assertNever } from "#kernel/exhaustive.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { NeedsReconnectError, PermanentError } from "#kernel/verdicts.ts";
import type { BookingLease, EventColumns, ReconcileResult } from "#ports/booking-store.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import type { EventRequest, HeldEvent } from "./event-holder.ts";
import { type OpenedSpace, openSpace } from "./open-space.ts";
import type { Retirement, RetireRequest } from "./retire-events.ts";

export interface PassDeps {
  readonly meetings: MeetingRooms;
  readonly holdEvent: (request: EventRequest) => Promise<HeldEvent>;
  readonly retireEvents: (request: RetireRequest) => Promise<Retirement>;
}

export interface PassInput {
  readonly snapshot: BookingSnapshot;
  readonly lease: BookingLease;
  /** Adds a line to the ledger of outer effects. */
  readonly note: (effect: string, key: string, outcome: string) => void;
}

/** What a pass achieved. */
export interface PassResult {
  readonly outcome: Outcome;
  readonly result: ReconcileResult;
  /** Set when the row can be written and a later delivery has something left to do. */
  readonly retry?: Error | null;
}

export type Pass = (input: PassInput) => Promise<PassResult>;

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
        case "hold_event":
          return await hold(deps, input, goal);
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

/** A result that leaves the event and its rooms alone but for what is given. */
function resultOf(
  { snapshot }: PassInput,
  result: Pick<ReconcileResult, "status"> & Partial<ReconcileResult>,
): ReconcileResult {
  const { status, reason = null, room = null, retired = [], event } = result;
  const tokenVersion = snapshot.connection?.tokenVersion ?? null;
  return { status, reason, room, retired, tokenVersion, ...(event !== undefined && { event }) };
}

/** The columns of a row whose event was removed: the next one needs an id of its own. */
function noEvent({ booking }: BookingSnapshot): EventColumns {
  const generation = (booking?.calendarGeneration ?? 0) + 1;
  return { id: null, generation, link: null, meetingLink: null, meetingId: null };
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
  const held = await deps.holdEvent({
    ...{ lease, at, note, event: goal.event },
    knownEventId: here?.eventId ?? null,
    generation: snapshot.booking?.calendarGeneration ?? 0,
    takenIds: new Set(elsewhere.map((room) => room.eventId)),
  });
  // A calendar may be known by two names: the event that was just held is not another one.
  const others = snapshot.rooms.filter((room) => room.userId !== at.userId || room.eventId !== held.event.id);
  const { retired, reason, retry } = await deps.retireEvents({ lease, rooms: others, note });
  const room = here?.eventId === held.event.id ? here : { ...at, eventId: held.event.id };
  const shown = await showEvent(deps, { input, goal, held, room });
  const result = { ...shown.result, retired, reason: sentences(shown.result.reason, reason) };
  return { outcome: shown.outcome, result, retry: retry ?? shown.retry ?? null };
}

interface Held {
  readonly input: PassInput;
  readonly goal: Goal<"hold_event">;
  readonly held: HeldEvent;
  readonly room: Pick<BookingRoom, "userId" | "calendarId" | "eventId"> & Partial<BookingRoom>;
}

/** What the row shows of a live event: the link of this very event or none. */
async function showEvent(deps: PassDeps, { input, goal, held, room }: Held): Promise<PassResult> {
  const { id, htmlLink: link, conference } = held.event;
  const event: EventColumns = { id, generation: held.generation, link, meetingLink: null, meetingId: null };
  if (conference.kind !== "ready") return withoutLink(input, event, conference.kind);
  const { meetingCode, videoUri: meetingLink } = conference;
  const { userId, calendarId, eventId, spaceName } = room;
  const space: OpenedSpace =
    spaceName != null && room.meetingCode === meetingCode
      ? { spaceName, status: "scheduled", reason: null, retry: null }
      : await openSpace(deps.meetings, { userId, meetingCode, autoRecording: goal.autoRecording, note: input.note });
  const { status, spaceName: meetingId } = space;
  const reason = sentences(goal.note, space.reason);
  const opened = meetingId === null ? null : { userId, calendarId, eventId, spaceName: meetingId, meetingCode };
  const result = resultOf(input, { status, reason, room: opened, event: { ...event, meetingLink, meetingId } });
  const outcome =
    status === "scheduled" ? done("the calendar agrees with the row") : parked("no_meet_space", reason ?? status);
  return { outcome, result, retry: space.retry };
}

/** An event whose link is not there yet, or never will be: the row says which. */
function withoutLink(input: PassInput, event: EventColumns, kind: "none" | "pending" | "failed"): PassResult {
  if (kind === "pending") {
    const reason = "The event is in the calendar; Google is still making its Meet link.";
    return {
      outcome: done("the link is still pending"),
      result: resultOf(input, { status: "pending", reason, event }),
    };
  }
  const reason =
    "The event is in the calendar, but Google made no Meet link for it. Check that the consultant's Google account may create Meet meetings.";
  return { outcome: parked("no_meet_link", reason), result: resultOf(input, { status: "failed", reason, event }) };
}

function sentences(...parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part) => part !== null);
  return said.length === 0 ? null : said.join(" ");
}
