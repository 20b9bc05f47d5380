import { randomBytes } from "node:crypto";
import type { MeetSpaces, Owner } from "../meet/meet-state.ts";
import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, invalid, invalidBody, notFound } from "../rest/errors.ts";
import { type Conference, type ConferencePlan, nextLook, plannedConference } from "./conference.ts";
import { type EventPatch, instantOf, type WritableEvent, writableEvent } from "./event-fields.ts";
import { mergePatch } from "./merge-patch.ts";
import { datesOf } from "./recurrence.ts";

export interface StoredEvent extends Omit<WritableEvent, "conferenceData"> {
  readonly id: string;
  readonly calendarId: string;
  readonly owner: Owner;
  readonly etag: string;
  readonly sequence: number;
  readonly created: string;
  readonly updated: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly conference: Conference | null;
  /** On the dates of a series only. */
  readonly recurringEventId?: string;
}

/** Events of every calendar, in memory. */
export class CalendarState {
  readonly #calendars = new Map<string, Map<string, StoredEvent>>();
  readonly #requestIds = new Set<string>();
  readonly #clock: EmulatorClock;
  readonly #meet: MeetSpaces;
  /** Counts the changes of all calendars. */
  #changes = 0;
  /** The number of each event's last change, by its etag. */
  readonly #changeOf = new Map<string, number>();
  readonly #onChange: (calendarId: string) => void;
  conferencePlan: ConferencePlan = { pendingReads: 0, fail: false };

  constructor(clock: EmulatorClock, meet: MeetSpaces, onChange: (calendarId: string) => void = () => undefined) {
    this.#onChange = onChange;
    this.#clock = clock;
    this.#meet = meet;
  }

  events(calendarId?: string): StoredEvent[] {
    const calendars = calendarId === undefined ? [...this.#calendars.values()] : [this.#calendar(calendarId)];
    return calendars.flatMap((events) => [...events.values()]);
  }

  /** The newest change of a calendar; 0 before the first. */
  lastChange(calendarId: string): number {
    return this.events(calendarId).reduce((newest, event) => Math.max(newest, this.changeOf(event)), 0);
  }

  /** Which change made the event what it is; they are numbered from 1. */
  changeOf({ etag }: Pick<StoredEvent, "etag">): number {
    return this.#changeOf.get(etag) ?? 0;
  }

  find(calendarId: string, eventId: string): StoredEvent {
    const events = this.#calendar(calendarId);
    const found = events.get(eventId) ?? seriesDates(events, eventId).find(({ id }) => id === eventId);
    if (found === undefined) throw notFound();
    return found;
  }

  insert(owner: Owner, body: WritableEvent, withConference: boolean): StoredEvent {
    const id = body.id ?? randomBytes(13).toString("hex");
    if (this.#calendar(owner.email).has(id)) {
      throw new GoogleError(409, "duplicate", "The requested identifier already exists.");
    }
    const times = timesOf(body);
    const { conferenceData, ...fields } = body;
    const requestId = withConference ? conferenceData?.createRequest.requestId : undefined;
    return this.#put({
      ...{ status: "confirmed" as const, ...fields, ...times, id, owner, calendarId: owner.email },
      ...{ created: this.#clock.now().toISOString(), sequence: 0 },
      conference: requestId === undefined ? null : this.#conference(owner, requestId, times.startsAt),
    });
  }

  /** As the API's patch: `etag` is the caller's If-Match, and a deleted event stays deleted. */
  patch(event: StoredEvent, body: EventPatch, how: { etag: string | null; withConference: boolean }): StoredEvent {
    screenSeries(event);
    screenEtag(event, how.etag);
    if (event.status === "cancelled") throw new GoogleError(403, "forbidden", "A deleted event cannot be changed.");
    return this.change(event, body, how.withConference);
  }

  /** Merges what is sent into the event, whoever does it; the merged whole must be an event that could be inserted. */
  change(event: StoredEvent, body: EventPatch, withConference = false): StoredEvent {
    const parsed = writableEvent.safeParse(mergePatch(writablePart(event), body));
    if (!parsed.success) throw invalidBody(parsed.error);
    const { conferenceData, ...fields } = parsed.data;
    if (fields.id !== undefined && fields.id !== event.id) throw invalid("Invalid resource id value.");
    const times = timesOf(fields);
    const requestId = withConference ? conferenceData?.createRequest.requestId : undefined;
    const made = requestId === undefined ? null : this.#conference(event.owner, requestId, times.startsAt);
    const cleared = withConference && body.conferenceData === null;
    const conference = cleared ? null : (made ?? event.conference);
    if (conference !== null) this.#meet.moveSpace(conference.spaceName, times.startsAt);
    const { id, calendarId, owner, created } = event;
    const sequence = event.sequence + (times.startsAt.getTime() === event.startsAt.getTime() ? 0 : 1);
    return this.#put({
      status: "confirmed",
      ...fields,
      ...times,
      id,
      calendarId,
      owner,
      created,
      conference,
      sequence,
    });
  }

  /** The event as an answer shows it; once its pending conference is there it is a changed event. */
  look(event: StoredEvent): StoredEvent {
    if (event.conference === null) return event;
    const conference = nextLook(event.conference);
    if (conference === event.conference) return event;
    const looked = { ...event, conference };
    return conference.statusCode === "pending" ? this.#store(looked) : this.#put(looked);
  }

  remove(event: StoredEvent, etag: string | null): void {
    screenSeries(event);
    if (event.status === "cancelled") throw new GoogleError(410, "deleted", "Resource has been deleted");
    screenEtag(event, etag);
    this.#put({ ...event, status: "cancelled" });
  }

  clear(): void {
    this.#calendars.clear();
    this.#requestIds.clear();
    this.#changeOf.clear();
    this.conferencePlan = { pendingReads: 0, fail: false };
  }

  #calendar(id: string): Map<string, StoredEvent> {
    const found = this.#calendars.get(id) ?? new Map<string, StoredEvent>();
    this.#calendars.set(id, found);
    return found;
  }

  /** Every change has its own etag. */
  #put(event: Omit<StoredEvent, "etag" | "updated">): StoredEvent {
    const etag = `"${randomBytes(8).toString("hex")}"`;
    this.#changes += 1;
    this.#changeOf.set(etag, this.#changes);
    const stored = this.#store({ ...event, updated: this.#clock.now().toISOString(), etag });
    this.#onChange(event.calendarId);
    return stored;
  }

  #store(event: StoredEvent): StoredEvent {
    this.#calendar(event.calendarId).set(event.id, event);
    return event;
  }

  /** Null for a request id that was used before: Google ignores it. */
  #conference(owner: Owner, requestId: string, startsAt: Date): Conference | null {
    const key = `${owner.sub} ${requestId}`;
    if (this.#requestIds.has(key)) return null;
    this.#requestIds.add(key);
    return plannedConference(requestId, this.#meet.createSpace(owner, startsAt), this.conferencePlan);
  }
}

function seriesDates(events: ReadonlyMap<string, StoredEvent>, eventId: string): StoredEvent[] {
  const series = events.get(eventId.split("_")[0] ?? "");
  return series === undefined ? [] : datesOf(series);
}

function screenSeries({ recurringEventId }: StoredEvent): void {
  if (recurringEventId === undefined) return;
  throw new GoogleError(501, "notImplemented", "Exceptions of a series are not emulated.", "UNIMPLEMENTED");
}

function screenEtag(event: StoredEvent, etag: string | null): void {
  if (etag === null || etag === "*" || etag === event.etag) return;
  throw new GoogleError(412, "conditionNotMet", "Precondition Failed");
}

const WRITABLE = new Set(Object.keys(writableEvent.shape));

const writablePart = (event: StoredEvent) =>
  Object.fromEntries(Object.entries(event).filter(([field]) => WRITABLE.has(field)));

function timesOf({ start, end }: Pick<WritableEvent, "start" | "end">): { startsAt: Date; endsAt: Date } {
  const [from, to] = [instantOf(start), instantOf(end)];
  if ("problem" in from) throw invalid(from.problem);
  if ("problem" in to) throw invalid(to.problem);
  if ((start?.date === undefined) !== (end?.date === undefined)) {
    throw invalid("Start and end times must either both be date or both be dateTime.");
  }
  if (to.at <= from.at) throw invalid("The specified time range is empty.", "timeRangeEmpty");
  return { startsAt: from.at, endsAt: to.at };
}
