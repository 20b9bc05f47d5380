import { OAuth2Client } from "google-auth-library";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { calendar as calendarClient } from "googleapis/build/src/apis/calendar/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MeetState } from "../meet/meet-state.ts";
import type { Principal } from "../rest/emulator.ts";
import { manualClock } from "../rest/emulator.ts";
import type { CalendarEmulator } from "./start-calendar-emulator.ts";
import { startCalendarEmulator } from "./start-calendar-emulator.ts";

const user = (sub: string, ...scopes: string[]): Principal => ({
  kind: "user",
  sub,
  email: `${sub}@example.com`,
  scopes: new Set(scopes.map((name) => `https://www.googleapis.com/auth/${name}`)),
});
const principals: Record<string, Principal> = {
  ada: user("ada", "calendar.events"),
  free: user("ada", "calendar.freebusy"),
  bob: user("bob", "calendar.events"),
};

const id = "0123456789abcdef0123456789abcdef00";
const calendarId = "primary";
const start = { dateTime: "2026-11-24T10:00:00", timeZone: "Europe/Berlin" };
const end = { dateTime: "2026-11-24T10:30:00", timeZone: "Europe/Berlin" };
const event: calendar_v3.Schema$Event = {
  ...{ id, summary: "Call", start, end },
  attendees: [{ email: "guest@example.com" }, { email: "second@example.com" }],
  extendedProperties: { private: { bookingId: "b1" } },
};
const request = (requestId: string) => ({
  conferenceData: { createRequest: { requestId, conferenceSolutionKey: { type: "hangoutsMeet" } } },
});

describe("the Calendar emulator", () => {
  let calendar: CalendarEmulator;
  let meet: MeetState;
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));

  beforeEach(async () => {
    meet = new MeetState();
    const authority = { principalOf: (token: string) => principals[token] ?? null };
    calendar = await startCalendarEmulator({ authority, clock, meet });
  });
  afterEach(() => calendar.stop());

  const api = (token = "ada") => {
    const auth = new OAuth2Client();
    auth.setCredentials({ access_token: token });
    return calendarClient({ version: "v3", auth, rootUrl: `${calendar.url}/`, retry: false });
  };
  const insert = (over: calendar_v3.Schema$Event = {}, query = {}) =>
    api().events.insert({ calendarId, requestBody: { ...event, ...over }, ...query });
  const patch = (requestBody: calendar_v3.Schema$Event, headers: Record<string, string> = {}) =>
    api().events.patch({ calendarId, eventId: id, conferenceDataVersion: 1, requestBody }, { headers });
  const withMeet = () => insert(request("r1"), { conferenceDataVersion: 1 });
  const failure = async (call: Promise<unknown>) => {
    const error = (await call.then(
      () => expect.unreachable("was accepted"),
      (thrown: unknown) => thrown,
    )) as { status: number; response: { data: { error: { errors: { reason: string }[] } } } };
    return `${error.status} ${error.response.data.error.errors[0]?.reason}`;
  };

  it("keeps an id taken after deletion, and says 410 to a second deletion", async () => {
    await insert();
    expect(await failure(insert())).toBe("409 duplicate");
    await api().events.delete({ calendarId, eventId: id });
    expect((await api().events.get({ calendarId, eventId: id })).data.status).toBe("cancelled");
    expect(await failure(api().events.delete({ calendarId, eventId: id }))).toBe("410 deleted");
    expect(await failure(insert())).toBe("409 duplicate");
    expect(await failure(api().events.get({ calendarId, eventId: "abcde" }))).toBe("404 notFound");
  });

  it("makes a Meet link only with conferenceDataVersion=1, and keeps it when the event moves", async () => {
    expect((await insert({ id: "00000", ...request("r0") })).data.conferenceData).toBeUndefined();
    const { data } = await withMeet();
    const uri = data.conferenceData?.entryPoints?.find(({ entryPointType }) => entryPointType === "video")?.uri;
    expect(data.hangoutLink).toBe(uri);
    expect(data.conferenceData?.createRequest?.status?.statusCode).toBe("success");
    const later = {
      start: { ...start, dateTime: "2026-11-25T10:00:00" },
      end: { ...end, dateTime: "2026-11-25T11:00:00" },
    };
    expect((await patch({ ...later, ...request("r1") })).data.hangoutLink).toBe(uri);
    const space = meet.space(`spaces/${data.conferenceData?.conferenceId}`);
    expect(space.startsAt.toISOString()).toBe("2026-11-25T09:00:00.000Z");
  });

  it("answers pending until the conference is there", async () => {
    calendar.planConferences({ pendingReads: 1 });
    const { data } = await withMeet();
    expect(data.conferenceData?.createRequest?.status?.statusCode).toBe("pending");
    expect(data.hangoutLink).toBeUndefined();
    const read = await api().events.get({ calendarId, eventId: id });
    expect(read.data.conferenceData?.createRequest?.status?.statusCode).toBe("success");
    expect(read.data.etag).not.toBe(data.etag);
    expect(await failure(patch({ summary: "Other" }, { "If-Match": data.etag ?? "" }))).toBe("412 conditionNotMet");
    expect((await api().events.get({ calendarId, eventId: id })).data.etag).toBe(read.data.etag);
  });

  it("answers failure for a conference that cannot be made, and lets it be asked for again", async () => {
    calendar.planConferences({ pendingReads: 1, fail: true });
    await withMeet();
    const { data } = await api().events.get({ calendarId, eventId: id });
    expect(data.conferenceData).toEqual({
      createRequest: expect.objectContaining({ status: { statusCode: "failure" } }),
    });
    calendar.planConferences({ pendingReads: 0, fail: false });
    expect((await patch(request("r1"))).data.hangoutLink).toBeUndefined();
    expect((await patch(request("r2"))).data.hangoutLink).toMatch(/^https:\/\/meet\.google\.com\//);
    const { data: cleared } = await patch({ conferenceData: null } as unknown as calendar_v3.Schema$Event);
    expect(cleared.conferenceData).toBeUndefined();
  });

  it.each<[string, object]>([
    ["an empty range", { end: start }],
    ["an id outside base32hex", { id: "xyz-UPPER" }],
    ["an unknown zone", { start: { ...start, timeZone: "Mars/Base" } }],
    ["a wall time without a zone", { start: { dateTime: "2026-11-24T10:00:00" } }],
    ["an unknown field", { colour: "red" }],
    ["a long property key", { extendedProperties: { private: { ["k".repeat(45)]: "v" } } }],
    ["a date until a time", { start: { date: "2026-11-24" } }],
    ["a time that is a date too", { end: { ...end, date: "2026-11-25" } }],
    ["an address that is none", { attendees: [{ email: "nobody" }] }],
    [
      "too many properties in bytes",
      {
        extendedProperties: {
          private: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, "v".repeat(1_000)])),
        },
      },
    ],
    [
      "default reminders with overrides",
      { reminders: { useDefault: true, overrides: [{ method: "popup", minutes: 5 }] } },
    ],
  ])("refuses %s", async (_what, over) => {
    expect(await failure(insert(over))).toMatch(/^400 /);
    expect(calendar.events()).toEqual([]);
  });

  it("names an empty range, and refuses parameters it does not know", async () => {
    expect(await failure(insert({ end: start }))).toBe("400 timeRangeEmpty");
    expect(await failure(insert({}, { sendUpdates: "everyone" }))).toMatch(/^400 /);
    expect(await failure(insert({}, { notAParameter: "1" }))).toMatch(/^400 /);
  });

  it("refuses a change under an old etag, and replaces arrays whole", async () => {
    const { data } = await insert();
    const old = { "If-Match": data.etag ?? "" };
    const changed = await patch({ attendees: [{ email: "third@example.com" }] }, old);
    expect(changed.data.attendees?.map(({ email }) => email)).toEqual(["third@example.com"]);
    expect(changed.data.summary).toBe("Call");
    expect(await failure(patch({ summary: "Other" }, old))).toBe("412 conditionNotMet");
    const removal = (headers: Record<string, string>) => api().events.delete({ calendarId, eventId: id }, { headers });
    expect(await failure(removal(old))).toBe("412 conditionNotMet");
    await removal({ "If-Match": changed.data.etag ?? "" });
    expect(calendar.events()[0]?.status).toBe("cancelled");
  });

  it("brings no deleted event back, except by the consultant's own hand", async () => {
    const { data } = await insert();
    await api().events.delete({ calendarId, eventId: id });
    expect(await failure(patch({ status: "confirmed" }))).toBe("403 forbidden");
    expect(await failure(patch({ status: "confirmed" }, { "If-Match": data.etag ?? "" }))).toBe("412 conditionNotMet");
    calendar.edit("ada@example.com", id, { status: "confirmed", summary: "Back" });
    expect((await patch({ location: "Room 1" })).data).toMatchObject({ status: "confirmed", summary: "Back" });
    expect((await patch({ status: "cancelled" })).data.status).toBe("cancelled");
    expect(await failure(api().events.delete({ calendarId, eventId: id }))).toBe("410 deleted");
  });

  it("merges maps in a patch and clears fields with null", async () => {
    await insert({ description: "x" });
    const { data } = await patch({ extendedProperties: { private: { other: "o" } } });
    expect(data.extendedProperties?.private).toEqual({ bookingId: "b1", other: "o" });
    const removed = { extendedProperties: { private: { bookingId: null, third: "t" } } };
    const { data: less } = await patch(removed as unknown as calendar_v3.Schema$Event);
    expect(less.extendedProperties?.private).toEqual({ other: "o", third: "t" });
    expect((await patch({ description: null })).data.description).toBeUndefined();
    expect((await patch({ start: { dateTime: "2026-11-24T09:00:00" } })).data.start).toEqual({
      ...{ dateTime: "2026-11-24T09:00:00", timeZone: "Europe/Berlin" },
    });
  });

  it("screens what a patch makes of the event, not the patch alone", async () => {
    const half = (from: number) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${from + at}`, "v".repeat(1_000)]));
    await insert({
      extendedProperties: { private: half(0) },
      reminders: { useDefault: false, overrides: [{ method: "popup", minutes: 5 }] },
    });
    expect(await failure(patch({ extendedProperties: { shared: half(20) } }))).toMatch(/^400 /);
    expect(await failure(patch({ reminders: { useDefault: true } }))).toMatch(/^400 /);
    expect(await failure(patch({ end: start }))).toBe("400 timeRangeEmpty");
    expect(await failure(patch({ start: null } as unknown as calendar_v3.Schema$Event))).toMatch(/^400 /);
    expect(await failure(patch({ colour: null } as unknown as calendar_v3.Schema$Event))).toMatch(/^400 /);
    const overrides = { useDefault: true, overrides: null } as unknown as calendar_v3.Schema$Event["reminders"] &
      object;
    expect((await patch({ reminders: overrides })).data.reminders).toEqual({ useDefault: true });
  });

  it("finds events by private property, and deleted ones only when asked", async () => {
    await insert();
    await insert({ id: "11111", extendedProperties: { private: { bookingId: "b2" } } });
    const list = async (more = {}) => {
      const query = { calendarId, privateExtendedProperty: ["bookingId=b1"], ...more };
      return (await api().events.list(query)).data.items?.map((item) => item.id);
    };
    expect(await list()).toEqual([id]);
    await api().events.delete({ calendarId, eventId: id });
    expect(await list()).toEqual([]);
    expect(await list({ showDeleted: true })).toEqual([id]);
  });

  it("lists a series as its dates when asked to, and lets none of them be changed alone", async () => {
    await insert({ recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"] });
    const [series, dates] = await Promise.all(
      [{}, { singleEvents: true, timeMin: "2026-11-25T00:00:00Z" }].map((more) =>
        api().events.list({ calendarId, ...more }),
      ),
    );
    expect(series!.data.items).toMatchObject([{ id, recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"] }]);
    expect(dates!.data.items).toMatchObject([
      { id: `${id}_20261201T090000Z`, recurringEventId: id, start: { dateTime: "2026-12-01T09:00:00.000Z" } },
      { id: `${id}_20261208T090000Z`, recurringEventId: id },
    ]);
    const one = { calendarId, eventId: `${id}_20261201T090000Z` };
    expect((await api().events.get(one)).data.recurringEventId).toBe(id);
    expect(await failure(api().events.patch({ ...one, requestBody: { summary: "x" } }))).toBe("501 notImplemented");
  });

  it("shows free and busy only through its own scope", async () => {
    await insert();
    const range = { timeMin: "2026-11-24T00:00:00Z", timeMax: "2026-11-25T00:00:00Z" };
    const requestBody = { ...range, items: [{ id: calendarId }] };
    expect(await failure(api().freebusy.query({ requestBody }))).toBe("403 insufficientPermissions");
    const { data } = await api("free").freebusy.query({ requestBody });
    const [busy] = data.calendars?.["primary"]?.busy ?? [];
    expect(new Date(busy?.start ?? "").toISOString()).toBe("2026-11-24T09:00:00.000Z");
    expect(await failure(api("free").events.list({ calendarId }))).toBe("403 insufficientPermissions");
  });

  it("shows nobody else's calendar", async () => {
    await insert();
    expect(await failure(api("bob").events.get({ calendarId, eventId: id }))).toBe("404 notFound");
    expect(await failure(api("bob").events.list({ calendarId: "ada@example.com" }))).toBe("404 notFound");
  });

  it("answers rate limits with their reason", async () => {
    calendar.faults.add({ operation: "events.insert", kind: "status", status: 403, reason: "rateLimitExceeded" });
    expect(await failure(insert())).toBe("403 rateLimitExceeded");
    await insert();
  });
});
