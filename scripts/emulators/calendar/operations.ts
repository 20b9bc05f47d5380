import { z } from "zod";
import { invalid } from "../rest/errors.ts";
import { type Call, type Operation, ok, userOf, withBody } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import { ownerOf } from "./calendar-owner.ts";
import type { CalendarState, StoredEvent } from "./calendar-state.ts";
import type { Channels } from "./channels.ts";
import { eventPatch, writableEvent } from "./event-fields.ts";
import { resourceOf } from "./event-resource.ts";
import { datesOf } from "./recurrence.ts";
import { CALENDARS, FREE_BUSY, READ, WRITE } from "./scopes.ts";
import type { SyncTokens } from "./sync-tokens.ts";

export interface CalendarOperationsState {
  readonly calendar: CalendarState;
  readonly channels: Channels;
  readonly syncTokens: SyncTokens;
  /** The account's display name, by e-mail. */
  readonly nameOf: (email: string) => string | undefined;
}

const SEND_UPDATES = new Set(["all", "externalOnly", "none"]);
const CHANGE_QUERY = [
  "conferenceDataVersion",
  "sendUpdates",
  "sendNotifications",
  "maxAttendees",
  "supportsAttachments",
];

const events = "/calendar/v3/calendars/:calendarId/events";
const one = `${events}/:eventId`;
const freeBusyRequest = z.strictObject({
  timeMin: z.iso.datetime({ offset: true }),
  timeMax: z.iso.datetime({ offset: true }),
  timeZone: z.string().optional(),
  items: z.array(z.strictObject({ id: z.string() })).max(50),
  calendarExpansionMax: z.int().max(50).optional(),
  groupExpansionMax: z.int().max(100).optional(),
});

export const operations: readonly Operation<CalendarOperationsState>[] = [
  {
    ...{ name: "events.insert", method: "POST", path: events, scopes: WRITE, query: CHANGE_QUERY },
    ...withBody<CalendarOperationsState, typeof writableEvent>(writableEvent, (body, call, state) => {
      screenSendUpdates(call);
      return answer(state, state.calendar.insert(ownerOf(call, state), body, withConference(call)));
    }),
  },
  {
    ...{ name: "events.get", method: "GET", path: one, scopes: READ, query: ["maxAttendees", "timeZone"] },
    run: (call, state) => answer(state, found(call, state)),
  },
  {
    ...{ name: "events.patch", method: "PATCH", path: one, scopes: WRITE, query: CHANGE_QUERY },
    ...withBody<CalendarOperationsState, typeof eventPatch>(eventPatch, (body, call, state) => {
      screenSendUpdates(call);
      const etag = call.headers.get("if-match");
      const how = { etag, withConference: withConference(call) };
      return answer(state, state.calendar.patch(found(call, state), body, how));
    }),
  },
  {
    ...{
      name: "events.delete",
      method: "DELETE",
      path: one,
      scopes: WRITE,
      query: ["sendUpdates", "sendNotifications"],
    },
    run: (call, state) => {
      screenSendUpdates(call);
      state.calendar.remove(found(call, state), call.headers.get("if-match"));
      return { status: 204 };
    },
  },
  {
    ...{ name: "events.list", method: "GET", path: events, scopes: READ },
    query: [
      ...["privateExtendedProperty", "showDeleted", "singleEvents", "maxResults", "pageToken", "timeMin", "timeMax"],
      "syncToken",
    ],
    run: (call, state) => {
      const { email } = ownerOf(call, state);
      const seen = state.syncTokens.read(email, call.query);
      const changed = state.calendar.events(email).filter((event) => state.calendar.changeOf(event) > (seen ?? 0));
      const dated = call.query.get("singleEvents") === "true" ? changed.flatMap(datesOf) : changed;
      const listed = seen === null ? dated.filter(filterOf(call.query)) : dated;
      const asked = { size: call.query.get("maxResults"), token: call.query.get("pageToken") };
      const { items, ...next } = pageOf(listed, asked, { standard: 250, max: 2500 });
      const shown = items.map((item) => resourceOf(state.calendar.look(item)));
      const page = { calendarId: email, newest: state.calendar.lastChange(email), last: !("nextPageToken" in next) };
      const token = state.syncTokens.of(page, call.query);
      return ok({ kind: "calendar#events", items: shown, ...next, ...(token !== null && { nextSyncToken: token }) });
    },
  },
  {
    ...{ name: "calendars.get", method: "GET", path: "/calendar/v3/calendars/:calendarId", query: [] },
    scopes: CALENDARS,
    run: (call, state) => {
      const { email } = ownerOf(call, state);
      const conferenceProperties = { allowedConferenceSolutionTypes: ["hangoutsMeet"] };
      return ok({ kind: "calendar#calendar", id: email, summary: email, timeZone: "UTC", conferenceProperties });
    },
  },
  {
    ...{ name: "freebusy.query", method: "POST", path: "/calendar/v3/freeBusy", scopes: FREE_BUSY, query: [] },
    ...withBody<CalendarOperationsState, typeof freeBusyRequest>(freeBusyRequest, (body, call, state) => {
      const { email } = userOf(call);
      const calendars = body.items.map(({ id }) => [
        id,
        id === "primary" || id === email ? busy(state, email, body) : absent(),
      ]);
      return ok({
        kind: "calendar#freeBusy",
        timeMin: body.timeMin,
        timeMax: body.timeMax,
        calendars: Object.fromEntries(calendars),
      });
    }),
  },
];

function answer({ calendar }: CalendarOperationsState, stored: StoredEvent) {
  const looked = calendar.look(stored);
  return ok(resourceOf(looked), { etag: looked.etag });
}

const found = (call: Call, state: CalendarOperationsState): StoredEvent =>
  state.calendar.find(ownerOf(call, state).email, call.params["eventId"] ?? "");

function withConference(call: Call): boolean {
  const version = call.query.get("conferenceDataVersion") ?? "0";
  if (version !== "0" && version !== "1") throw invalid(`Invalid value for conferenceDataVersion: ${version}`);
  return version === "1";
}

function screenSendUpdates(call: Call): void {
  const value = call.query.get("sendUpdates");
  if (value !== null && !SEND_UPDATES.has(value)) throw invalid(`Invalid value for sendUpdates: ${value}`);
}

function filterOf(query: URLSearchParams): (stored: StoredEvent) => boolean {
  const wanted = query.getAll("privateExtendedProperty").map((pair) => /^([^=]*)=(.*)$/s.exec(pair) ?? []);
  const showDeleted = query.get("showDeleted") === "true";
  const [min, max] = [Date.parse(query.get("timeMin") ?? ""), Date.parse(query.get("timeMax") ?? "")];
  return ({ status, extendedProperties, startsAt, endsAt }) =>
    (showDeleted || status !== "cancelled") &&
    wanted.every(([, key = "", value = ""]) => extendedProperties?.private?.[key] === value) &&
    (Number.isNaN(min) || endsAt.getTime() > min) &&
    (Number.isNaN(max) || startsAt.getTime() < max);
}

function busy(
  { calendar }: CalendarOperationsState,
  email: string,
  range: { readonly timeMin: string; readonly timeMax: string },
) {
  const [min, max] = [new Date(range.timeMin), new Date(range.timeMax)];
  const blocking = calendar.events(email).filter(({ status, transparency, startsAt, endsAt }) => {
    const overlaps = startsAt < max && endsAt > min;
    return status !== "cancelled" && transparency !== "transparent" && overlaps;
  });
  return {
    busy: blocking.map(({ startsAt, endsAt }) => ({ start: startsAt.toISOString(), end: endsAt.toISOString() })),
  };
}

const absent = () => ({ errors: [{ domain: "global", reason: "notFound" }], busy: [] });
