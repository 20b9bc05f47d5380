import { createHash, randomBytes } from "node:crypto";
import type { MeetSpaces, Owner } from "../meet/meet-state.ts";
import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, invalid, notFound } from "../rest/errors.ts";
import { instantOf, type WritableEvent } from "./event-fields.ts";

/** How conferences of later inserts come about; ready at once by default. */
export interface ConferencePlan {
  /** Answers that still say `pending`, the insert's included. */
  readonly pendingReads: number;
  readonly fail: boolean;
}

interface Conference {
  readonly requestId: string;
  readonly spaceName: string;
  readonly meetingCode: string;
  readonly meetingUri: string;
  pendingReads: number;
  readonly fail: boolean;
}

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
}

/** Events of every calendar, in memory. */
export class CalendarState {
  readonly #calendars = new Map<string, Map<string, StoredEvent>>();
  readonly #requestIds = new Set<string>();
  readonly #clock: EmulatorClock;
  readonly #meet: MeetSpaces;
  conferencePlan: ConferencePlan = { pendingReads: 0, fail: false };

  constructor(clock: EmulatorClock, meet: MeetSpaces) {
    this.#clock = clock;
    this.#meet = meet;
  }

  events(calendarId?: string): StoredEvent[] {
    const calendars = calendarId === undefined ? [...this.#calendars.values()] : [this.#calendar(calendarId)];
    return calendars.flatMap((events) => [...events.values()]);
  }

  find(calendarId: string, eventId: string): StoredEvent {
    const found = this.#calendar(calendarId).get(eventId);
    if (found === undefined) throw notFound();
    return found;
  }

  insert(owner: Owner, body: WritableEvent, withConference: boolean): StoredEvent {
    const id = body.id ?? randomBytes(13).toString("hex");
    if (this.#calendar(owner.email).has(id)) {
      throw new GoogleError(409, "duplicate", "The requested identifier already exists.");
    }
    const times = timesOf(body);
    const now = this.#clock.now().toISOString();
    const { conferenceData, ...fields } = body;
    const requestId = withConference ? conferenceData?.createRequest.requestId : undefined;
    return this.#put({
      ...{ status: "confirmed" as const, ...fields, ...times, id, owner, calendarId: owner.email },
      ...{ created: now, updated: now, sequence: 0, etag: "" },
      conference: requestId === undefined ? null : this.#conference(owner, requestId, times.startsAt),
    });
  }

  /** Fields that are sent replace theirs; `etag` is the caller's If-Match. */
  patch(
    event: StoredEvent,
    body: WritableEvent,
    { etag, withConference }: { etag?: string | null; withConference: boolean },
  ): StoredEvent {
    if (etag != null && etag !== event.etag) throw new GoogleError(412, "conditionNotMet", "Precondition Failed");
    if (body.id !== undefined && body.id !== event.id) throw invalid("Invalid resource id value.");
    const { conferenceData, ...fields } = body;
    const merged = { ...event, ...fields, id: event.id };
    const times = timesOf(merged);
    const requestId = withConference ? conferenceData?.createRequest.requestId : undefined;
    if (event.conference !== null) this.#meet.moveSpace(event.conference.spaceName, times.startsAt);
    const conference =
      requestId === undefined
        ? event.conference
        : (this.#conference(event.owner, requestId, times.startsAt) ?? event.conference);
    const sequence = event.sequence + (times.startsAt.getTime() === event.startsAt.getTime() ? 0 : 1);
    return this.#put({ ...merged, ...times, conference, sequence });
  }

  remove(event: StoredEvent): void {
    if (event.status === "cancelled") throw new GoogleError(410, "deleted", "Resource has been deleted");
    this.#put({ ...event, status: "cancelled" });
  }

  clear(): void {
    this.#calendars.clear();
    this.#requestIds.clear();
    this.conferencePlan = { pendingReads: 0, fail: false };
  }

  #calendar(id: string): Map<string, StoredEvent> {
    const found = this.#calendars.get(id) ?? new Map<string, StoredEvent>();
    this.#calendars.set(id, found);
    return found;
  }

  #put(event: StoredEvent): StoredEvent {
    const updated = this.#clock.now().toISOString();
    const etag = `"${createHash("sha256").update(randomBytes(16)).digest("hex").slice(0, 16)}"`;
    const stored = { ...event, updated, etag };
    this.#calendar(event.calendarId).set(event.id, stored);
    return stored;
  }

  /** Null for a request id that was used before: Google ignores it. */
  #conference(owner: Owner, requestId: string, startsAt: Date): Conference | null {
    const key = `${owner.sub} ${requestId}`;
    if (this.#requestIds.has(key)) return null;
    this.#requestIds.add(key);
    const { name: spaceName, meetingCode, meetingUri } = this.#meet.createSpace(owner, startsAt);
    return { requestId, spaceName, meetingCode, meetingUri, ...this.conferencePlan };
  }
}

function timesOf({ start, end }: Pick<WritableEvent, "start" | "end">): { startsAt: Date; endsAt: Date } {
  const [from, to] = [instantOf(start), instantOf(end)];
  if ("problem" in from) throw invalid(from.problem);
  if ("problem" in to) throw invalid(to.problem);
  if (to.at <= from.at) throw invalid("The specified time range is empty.", "timeRangeEmpty");
  return { startsAt: from.at, endsAt: to.at };
}
