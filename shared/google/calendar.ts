import { type calendar_v3, calendar as calendarApi } from "googleapis/build/src/apis/calendar/index.js";
import { calendarResource } from "#contracts/calendar-resource.ts";
import type { DesiredEvent } from "#domain/calendar-event.ts";
import { parseAnswer } from "#google/answer.ts";
import type { ConsultantAuth } from "#google/consultant-auth.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";
import type { Calendar, NewEvent } from "#ports/calendar.ts";

export interface CalendarOptions {
  readonly auth: ConsultantAuth;
  /** Another address than Google's, without a path: the client drops paths. */
  readonly endpoint?: string | undefined;
}

const REQUEST_TIMEOUT_MS = 20_000;
/** We tell guests ourselves, once; Google's own mails would be a second channel. */
const SEND_UPDATES = "none";
const CONFERENCE_DATA_VERSION = 1;

/** Calendar v3 with a consultant's own token. */
export function makeCalendar({ auth, endpoint }: CalendarOptions): Calendar {
  const rootUrl = endpoint === undefined ? {} : { rootUrl: `${endpoint}/` };
  /** Runs one request; a status listed in `expected` is an answer, every other failure a verdict. */
  const send = async <Answer>(
    userId: string,
    expected: readonly number[],
    request: (events: calendar_v3.Resource$Events, options: { timeout: number }) => Promise<{ data: Answer }>,
  ): Promise<{ readonly data: Answer } | { readonly status: number }> => {
    try {
      const api = calendarApi({ version: "v3", auth: await auth.clientFor(userId), ...rootUrl });
      return { data: (await request(api.events, { timeout: REQUEST_TIMEOUT_MS })).data };
    } catch (thrown) {
      const status = httpStatusOf(thrown);
      if (status !== null && expected.includes(status)) return { status };
      throw googleError(thrown, { api: "Calendar", userId });
    }
  };
  const read = (event: unknown) => parseAnswer("Calendar", calendarResource, event);

  return {
    insert: async ({ userId, calendarId }, event) => {
      const query = { calendarId, sendUpdates: SEND_UPDATES, conferenceDataVersion: CONFERENCE_DATA_VERSION };
      const answer = await send(userId, [409], (events, options) =>
        events.insert({ ...query, requestBody: insertBody(event) }, options),
      );
      return "status" in answer ? { kind: "id_taken" } : { kind: "inserted", event: read(answer.data) };
    },
    get: async ({ userId, calendarId }, eventId) => {
      const answer = await send(userId, [404, 410], (events, options) => events.get({ calendarId, eventId }, options));
      return "status" in answer ? null : read(answer.data);
    },
    patch: async ({ userId, calendarId }, { eventId, etag, change }) => {
      const query = { calendarId, eventId, sendUpdates: SEND_UPDATES, conferenceDataVersion: CONFERENCE_DATA_VERSION };
      const answer = await send(userId, [404, 410, 412], (events, options) =>
        events.patch({ ...query, requestBody: ownFields(change) }, { ...options, headers: { "If-Match": etag } }),
      );
      if ("data" in answer) return { kind: "patched", event: read(answer.data) };
      return { kind: answer.status === 412 ? "changed" : "gone" };
    },
    remove: async ({ userId, calendarId }, eventId) => {
      const answer = await send(userId, [404, 410], (events, options) =>
        events.delete({ calendarId, eventId, sendUpdates: SEND_UPDATES }, options),
      );
      return { kind: "status" in answer ? "already_gone" : "removed" };
    },
  };
}

function insertBody({ id, conferenceRequestId, event }: NewEvent): calendar_v3.Schema$Event {
  return {
    id,
    ...ownFields(event),
    extendedProperties: { private: { bookingId: event.bookingId } },
    conferenceData: {
      createRequest: { requestId: conferenceRequestId, conferenceSolutionKey: { type: "hangoutsMeet" } },
    },
  };
}

/** Only what a booking decides; everything else on the event belongs to the consultant. */
function ownFields(event: Partial<DesiredEvent>): calendar_v3.Schema$Event {
  const { summary, description, startsAt, endsAt, timeZone, attendees } = event;
  return {
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(startsAt !== undefined && { start: { dateTime: startsAt.toISOString(), timeZone: timeZone ?? "UTC" } }),
    ...(endsAt !== undefined && { end: { dateTime: endsAt.toISOString(), timeZone: timeZone ?? "UTC" } }),
    ...(attendees !== undefined && { attendees: attendees.map((guest) => ({ ...guest })) }),
  };
}
