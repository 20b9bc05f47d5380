import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { calendarResource } from "#contracts/calendar-resource.ts";
import type { EventChange, EventMarks, RemoteEvent } from "#domain/calendar-event.ts";
import { type CalendarOptions, makeCalendarRequests } from "#google/calendar-requests.ts";
import { readPages } from "#google/pages.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { Calendar, NewEvent } from "#ports/calendar.ts";

/** We tell guests ourselves, once; Google's own mails would be a second channel. */
const SEND_UPDATES = "none";
const CONFERENCE_DATA_VERSION = 1;
/** A series as its dates, in full pages, and of each event only what tells whose it is. */
const LISTED = {
  singleEvents: true,
  maxResults: 2_500,
  fields:
    "nextPageToken,items(id,etag,status,start,end,eventType,transparency,recurringEventId,organizer/self,attendees(email,self,responseStatus),extendedProperties/private,conferenceData(conferenceId,entryPoints(entryPointType,uri),createRequest))",
};

/** Calendar v3 with a consultant's own token. */
export function makeCalendar(options: CalendarOptions): Calendar {
  const request = makeCalendarRequests(options);
  const send = <Answer>(
    userId: string,
    expected: readonly number[],
    ask: (events: calendar_v3.Resource$Events, options: { timeout: number }) => Promise<{ data: Answer }>,
  ) => request({ userId, expected, send: (api, options) => ask(api.events, options) });
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
    list: async ({ userId, calendarId }, { from, until }) => {
      const query = { calendarId, timeMin: from.toISOString(), timeMax: until.toISOString(), ...LISTED };
      const events = await readPages("Calendar", async (pageToken) => {
        const page = pageToken === undefined ? query : { ...query, pageToken };
        const answer = await send(userId, [], (api, options) => api.list(page, options));
        const { items = [], nextPageToken } = "data" in answer ? answer.data : {};
        return { items, nextPageToken };
      });
      return events.map(read);
    },
    patch: async ({ userId, calendarId }, { eventId, etag, change }) => {
      const query = { calendarId, eventId, sendUpdates: SEND_UPDATES, conferenceDataVersion: CONFERENCE_DATA_VERSION };
      const answer = await send(userId, [404, 410, 412], (events, options) =>
        events.patch({ ...query, requestBody: patchBody(change) }, { ...options, headers: { "If-Match": etag } }),
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

/** A cut or foreign answer (a proxy's page) says nothing about the event: the next try reads it again. */
function read(answer: unknown): RemoteEvent {
  const parsed = calendarResource.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RetryableError(`Google Calendar gave an answer that is not an event (${issue?.path.join(".")}).`, {
    code: "google_answer_unknown",
  });
}

function insertBody({ id, conferenceRequestId, event }: NewEvent): calendar_v3.Schema$Event {
  const { summary, description, guest, bookingId } = event;
  return {
    id,
    summary,
    description,
    ...timesBody(event),
    ...(guest !== null && { attendees: [{ ...guest }] }),
    extendedProperties: marksBody({ bookingId, guestEmail: guest?.email ?? null }),
    conferenceData: conferenceBody(conferenceRequestId),
  };
}

/** Only what a booking decides; everything else on the event belongs to the consultant. */
function patchBody(change: EventChange): calendar_v3.Schema$Event {
  const { summary, description, times, attendees, marks, conferenceRequestId } = change;
  return {
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(times !== undefined && timesBody(times)),
    ...(attendees !== undefined && {
      attendees: attendees.map((attendee) => ({ ...attendee }) as calendar_v3.Schema$EventAttendee),
    }),
    ...(marks !== undefined && { extendedProperties: marks === null ? NO_MARKS : marksBody(marks) }),
    ...(conferenceRequestId !== undefined && { conferenceData: conferenceBody(conferenceRequestId) }),
  };
}

/** Null in a patch clears: keys of extended properties one by one, the conference as a whole. */
const NO_MARKS = { private: { bookingId: null, guestEmail: null } } as unknown as NonNullable<
  calendar_v3.Schema$Event["extendedProperties"]
>;
const NO_CONFERENCE = null as unknown as calendar_v3.Schema$ConferenceData;

const conferenceBody = (requestId: string | null): calendar_v3.Schema$ConferenceData =>
  requestId === null
    ? NO_CONFERENCE
    : { createRequest: { requestId, conferenceSolutionKey: { type: "hangoutsMeet" } } };

const marksBody = ({ bookingId, guestEmail }: EventMarks) => ({ private: { bookingId, guestEmail: guestEmail ?? "" } });

/** The instant in UTC; the zone says only in which one the event is shown. */
function timesBody({ startsAt, endsAt, timeZone }: NonNullable<EventChange["times"]>): calendar_v3.Schema$Event {
  return {
    start: { dateTime: startsAt.toISOString(), timeZone },
    end: { dateTime: endsAt.toISOString(), timeZone },
  };
}
