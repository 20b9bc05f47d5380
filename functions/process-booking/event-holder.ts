import { calendarEventId, conferenceRequestId, type DesiredEvent, type RemoteEvent } from "#domain/calendar-event.ts";
import { changeOf, changeOfAdopted, isEmptyChange } from "#domain/event-change.ts";
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

/** Makes one calendar hold one live event for a booking, whatever was there before. */
export function makeEventHolder(deps: EventHolderDeps): (request: EventRequest) => Promise<HeldEvent> {
  return async (request) => {
    const known = request.knownEventId === null ? null : await deps.calendar.get(request.at, request.knownEventId);
    const kept = known === null ? null : await keep(deps, request, known);
    const held = kept ?? (await create(deps, request, request.generation + (request.knownEventId === null ? 0 : 1)));
    return { ...held, event: await awaitConference(deps, request.at, held.event) };
  };
}

/** Brings a live event of ours up to date; null when it is not ours or no longer there. */
async function keep(deps: EventHolderDeps, request: EventRequest, first: RemoteEvent): Promise<HeldEvent | null> {
  let remote: RemoteEvent | null = first;
  for (let merge = 0; merge < MAX_MERGES; merge += 1) {
    if (remote === null || remote.cancelled || remote.bookingId !== request.event.bookingId) return null;
    const isAdopted = request.knownIsAdopted && remote.id === request.knownEventId;
    const change = isAdopted ? changeOfAdopted(remote, request.event) : changeOf(remote, request.event);
    if (isEmptyChange(change)) return { event: remote, generation: request.generation };
    // Whoever edited it may be a newer holder of the lease, whose values ours must not overwrite.
    if (!(await deps.store.renew(request.lease))) throw new LeaseLostError();
    const answer = await deps.calendar.patch(request.at, { eventId: remote.id, etag: remote.etag, change });
    request.note("calendar.patch", remote.id, answer.kind);
    if (answer.kind === "patched") return { event: answer.event, generation: request.generation };
    remote = answer.kind === "gone" ? null : await deps.calendar.get(request.at, remote.id);
  }
  if (remote === null) return null;
  throw new RetryableError("The event is being edited in Google at this moment.", { code: "event_busy" });
}

/** Inserts the event; an id that is taken is either our own earlier insert or a deleted event's. */
async function create(deps: EventHolderDeps, request: EventRequest, first: number): Promise<HeldEvent> {
  for (let generation = first; generation < first + MAX_GENERATIONS; generation += 1) {
    const id = calendarEventId(request.event.bookingId, generation);
    if (request.takenIds.has(id)) continue;
    if (!(await deps.store.planRoom(request.lease, { ...request.at, eventId: id }))) throw new LeaseLostError();
    const newEvent = { id, conferenceRequestId: conferenceRequestId(id), event: request.event };
    const answer = await deps.calendar.insert(request.at, newEvent);
    request.note("calendar.insert", id, answer.kind);
    if (answer.kind === "inserted") return { event: answer.event, generation };
    const existing = await deps.calendar.get(request.at, id);
    if (existing === null) {
      throw new RetryableError("Google says the event exists and does not show it.", { code: "event_not_visible" });
    }
    const kept = await keep(deps, { ...request, generation }, existing);
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
