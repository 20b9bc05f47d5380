import {
  calendarEventId,
  conferenceRequestId,
  type DesiredEvent,
  type EventChange,
  type RemoteEvent,
} from "#domain/calendar-event.ts";
import { isEmptyChange } from "#domain/event-change.ts";
import { decideEvent, type EditPolicy, type EventState, type MeetingTimes } from "#domain/event-decision.ts";
import type { Clock } from "#kernel/clock.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { BookingLease, BookingStore } from "#ports/booking-store.ts";
import type { Calendar, CalendarAddress } from "#ports/calendar.ts";

export interface EventHolderDeps {
  readonly calendar: Calendar;
  readonly store: Pick<BookingStore, "planRoom" | "renew">;
  readonly clock: Clock;
  readonly conferencePollMs: number;
}

/** What is asked for: one live event like this, on this calendar. */
export interface EventRequest {
  readonly lease: BookingLease;
  readonly at: CalendarAddress;
  readonly event: DesiredEvent;
  /** The event the row names, when it is on this calendar. */
  readonly knownEventId: string | null;
  /** That event was typed by hand: its words stay. */
  readonly knownIsAdopted: boolean;
  /** When row and calendar last agreed that the known event is; null: not known. */
  readonly agreed: MeetingTimes | null;
  readonly calendarEdits: EditPolicy;
  /** Where to start when a new event is needed. */
  readonly generation: number;
  /** Ids of this booking's events on other calendars: a guest's calendar holds copies under the same id. */
  readonly takenIds: ReadonlySet<string>;
  readonly note: (effect: string, key: string, outcome: string) => void;
}

export interface HeldEvent {
  readonly event: RemoteEvent;
  readonly generation: number;
}

/** What became of the request. */
export type Holding =
  | ({ readonly kind: "held" } & HeldEvent)
  /** Somebody moved the event, and the row is to follow. */
  | { readonly kind: "follow_move"; readonly times: MeetingTimes }
  /** Somebody deleted the event, and the booking is cancelled. */
  | { readonly kind: "follow_deletion" }
  /** Somebody moved or deleted it, and a person decides. `times` are the event's, when it has any. */
  | { readonly kind: "ask"; readonly edit: "moved" | "deleted"; readonly times: MeetingTimes | null }
  /** The meeting is over, and its event not as it was. */
  | { readonly kind: "leave" };

/** Raised when another holder took the lease over: this run must not touch the world any more. */
export class LeaseLostError extends RetryableError {
  constructor() {
    super("the lease on this booking was taken over", { code: "lease_lost" });
  }
}

/** An event that somebody edits at the same moment is re-read this often before the delivery is refused. */
export const MAX_MERGES = 3;
/** Generations tried in one run; each one is an event that was deleted before. */
const MAX_GENERATIONS = 20;
/** Looks at a link that Google is still making, before a later pass takes over. */
const MAX_CONFERENCE_POLLS = 5;

/** Makes one calendar hold one live event for a booking, whatever was there before, unless somebody's edit of it counts. */
export function makeEventHolder(deps: EventHolderDeps): (request: EventRequest) => Promise<Holding> {
  return async (request) => {
    const known = request.knownEventId === null ? null : await deps.calendar.get(request.at, request.knownEventId);
    const holding = await holdKnown(deps, request, known);
    const held = holding ?? (await create(deps, request, request.generation + (request.knownEventId === null ? 0 : 1)));
    if (held.kind !== "held") return held;
    return { ...held, event: await awaitConference(deps, request.at, held.event) };
  };
}

/** Does what is decided about the event that the row names; null when a new one is needed. */
async function holdKnown(
  deps: EventHolderDeps,
  request: EventRequest,
  first: RemoteEvent | null,
): Promise<Holding | null> {
  const { event: desired, generation, agreed, calendarEdits: policy } = request;
  let remote = first;
  for (let merge = 0; merge < MAX_MERGES; merge += 1) {
    const adopted = request.knownIsAdopted && remote?.id === request.knownEventId;
    const over = desired.endsAt <= deps.clock.now();
    const decision = decideEvent({ desired, remote: stateOf(remote, request), agreed, policy, adopted, over });
    if (decision.kind === "create") return null;
    if (decision.kind === "follow_deletion" || decision.kind === "leave") return decision;
    const change = decision.kind === "keep" ? {} : decision.change;
    const brought = remote === null || isEmptyChange(change) ? remote : await bring(deps, request, { remote, change });
    if (brought === "changed") {
      remote = remote === null ? null : await deps.calendar.get(request.at, remote.id);
      continue;
    }
    if (decision.kind === "follow_move") return { kind: "follow_move", times: decision.times };
    if (decision.kind === "hold") return { kind: "ask", edit: decision.edit, times: timesOf(brought) };
    if (brought !== null) return { kind: "held", event: brought, generation };
  }
  throw new RetryableError("The event is being edited in Google at this moment.", { code: "event_busy" });
}

/** Sends a change of an event; "changed" when somebody was faster. */
async function bring(
  { calendar, store }: EventHolderDeps,
  { at, lease, note }: EventRequest,
  { remote, change }: { readonly remote: RemoteEvent; readonly change: EventChange },
): Promise<RemoteEvent | "changed"> {
  // Whoever edited it may be a newer holder of the lease, whose values ours must not overwrite.
  if (!(await store.renew(lease))) throw new LeaseLostError();
  const answer = await calendar.patch(at, { eventId: remote.id, etag: remote.etag, change });
  note("calendar.patch", remote.id, answer.kind);
  return answer.kind === "patched" ? answer.event : "changed";
}

function stateOf(remote: RemoteEvent | null, { knownEventId, agreed, event }: EventRequest): EventState {
  if (knownEventId === null) return { kind: "none" };
  if (remote === null || remote.cancelled) return { kind: "gone", wasLive: agreed !== null };
  return remote.bookingId === event.bookingId ? { kind: "live", event: remote } : { kind: "foreign" };
}

const timesOf = (event: RemoteEvent | null): MeetingTimes | null =>
  event === null || event.cancelled || event.startsAt === null || event.endsAt === null
    ? null
    : { startsAt: event.startsAt, endsAt: event.endsAt };

/** Inserts the event; an id that is taken is either our own earlier insert or a deleted event's. */
async function create(deps: EventHolderDeps, request: EventRequest, first: number): Promise<Holding> {
  for (let generation = first; generation < first + MAX_GENERATIONS; generation += 1) {
    const id = calendarEventId(request.event.bookingId, generation);
    if (request.takenIds.has(id)) continue;
    if (!(await deps.store.planRoom(request.lease, { ...request.at, eventId: id }))) throw new LeaseLostError();
    const newEvent = { id, conferenceRequestId: conferenceRequestId(id), event: request.event };
    const answer = await deps.calendar.insert(request.at, newEvent);
    request.note("calendar.insert", id, answer.kind);
    if (answer.kind === "inserted") return { kind: "held", event: answer.event, generation };
    const existing = await deps.calendar.get(request.at, id);
    if (existing === null) {
      throw new RetryableError("Google says the event exists and does not show it.", { code: "event_not_visible" });
    }
    // Nobody has agreed on its times yet: the row's word counts.
    const own = { ...request, generation, knownEventId: id, knownIsAdopted: false, agreed: null };
    const kept = await holdKnown(deps, own, existing);
    if (kept !== null) return kept;
  }
  throw new RetryableError("Too many deleted events under this booking's ids.", { code: "generations_exhausted" });
}

/** Waits within a bound for a Meet link that Google makes in the background. */
export async function awaitConference(
  deps: EventHolderDeps,
  at: CalendarAddress,
  event: RemoteEvent,
): Promise<RemoteEvent> {
  let current = event;
  for (let poll = 0; poll < MAX_CONFERENCE_POLLS && current.conference.kind === "pending"; poll += 1) {
    await deps.clock.wait(deps.conferencePollMs);
    const answer = await deps.calendar.get(at, current.id);
    if (answer === null || answer.cancelled) break;
    current = answer;
  }
  return current;
}
