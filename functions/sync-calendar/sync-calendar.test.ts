import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { Secret } from "#kernel/secret.ts";
import type { CalendarChanges } from "#ports/calendar-changes.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeCalendarReadingStore } from "#supabase/calendar-reading-store.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import type { TestApi } from "#testing/api.ts";
import { insertBooking } from "#testing/booking-rows.ts";
import { steppingClock } from "#testing/clocks.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import {
  connectGoogle,
  type GoogleWorkspace,
  insertConsultant,
  oauthClient,
  startGoogleWorkspace,
  type TestConsultant,
} from "#testing/google-workspace.ts";
import { makeSyncCallerCheck } from "./endpoint.ts";
import { makeHandler } from "./handler.ts";
import { makeReadCalendar } from "./read-calendar.ts";

let database: TestDatabase;
let google: GoogleWorkspace;
let api: TestApi;
let ada: TestConsultant;
beforeAll(async () => {
  [database, google] = await Promise.all([openTestDatabase(), startGoogleWorkspace()]);
  api = await database.api();
});
afterAll(async () => {
  await google.stop();
  await database.close();
});
beforeEach(async () => {
  google.reset();
  await database.sql("truncate public.bookings, public.consultants cascade");
  await database.sql(
    "truncate private.outbox, private.booking_rooms, private.booking_leases, private.calendar_readings, private.calendar_channels",
  );
  await database.sql("truncate public.google_connections, public.user_tokens");
  ada = await insertConsultant(database.sql, { name: "Ada", email: "ada@consult.example" });
  await connectGoogle(database.sql, google, { consultant: ada });
});

/** One instance of the function, with nothing cached; `around` stands between it and Google. */
function instance(around: (changes: CalendarChanges) => CalendarChanges = (same) => same) {
  const auth = makeConsultantAuth({
    tokens: makeConsultantTokenStore(api.service),
    clientId: oauthClient.clientId,
    clientSecret: new Secret(oauthClient.clientSecret),
    clock: { now: steppingClock().now, wait: () => new Promise(() => undefined) },
    oauthEndpoint: google.oauth.url,
  });
  const changes = makeCalendarChanges({ auth, endpoint: google.calendar.url });
  const [store, channels] = [makeCalendarReadingStore(api.service), makeCalendarChannelStore(api.service)];
  const periods = { leaseSeconds: 60, checkSeconds: 900, retrySeconds: 60 };
  const readCalendar = makeReadCalendar({ store, changes: around(changes), ...periods });
  const failures: string[] = [];
  const handle = makeHandler({
    ...{ store, readCalendar, claimSeconds: 60 },
    reportFailure: (_userId, error) => failures.push(error.message),
  });
  return { auth, changes, store, channels, handle, failures, read: (userId = ada.userId) => readCalendar(userId, "h") };
}

/** A booking with its event in the calendar, as process-booking leaves them. */
async function bookedEvent(values: { readonly endsAt?: string; readonly startsAt?: string } = {}) {
  const bookingId = await insertBooking(database.sql, { consultantId: ada.id, ...values });
  const eventId = `${bookingId.replaceAll("-", "")}00`;
  const calendar = await writer();
  const { data } = await calendar.events.insert({
    calendarId: "primary",
    requestBody: {
      ...{ id: eventId, summary: "Call", extendedProperties: { private: { bookingId } } },
      start: { dateTime: values.startsAt ?? "2030-05-06T10:00:00Z" },
      end: { dateTime: values.endsAt ?? "2030-05-06T11:00:00Z" },
    },
  });
  await database.sql(
    "insert into private.booking_rooms (booking_id, event_id, user_id, calendar_id, etag) values ($1, $2, $3, 'primary', $4)",
    [bookingId, eventId, ada.userId, data.etag],
  );
  return { bookingId, eventId };
}

async function writer() {
  const { calendar } = await import("googleapis/build/src/apis/calendar/index.js");
  const auth = await instance().auth.clientFor(ada.userId);
  return calendar({ version: "v3", auth, rootUrl: `${google.calendar.url}/` });
}

const edit = (eventId: string, change: object) => google.calendar.edit(ada.email, eventId, change);
const announced = async (): Promise<string[]> => {
  const rows = await database.sql<{ id: string }>(
    "select data ->> 'bookingId' as id from private.outbox where attributes ->> 'kind' = 'calendar.edited' order by id",
  );
  await database.sql("delete from private.outbox where attributes ->> 'kind' = 'calendar.edited'");
  return rows.map(({ id }) => id);
};

describe("a reading of a calendar", () => {
  it("announces the bookings whose events somebody changed or deleted, each once", async () => {
    const [moved, deleted, untouched] = [await bookedEvent(), await bookedEvent(), await bookedEvent()];
    const { read } = instance();
    expect(await read()).toEqual({ kind: "done", detail: "0 bookings announced" });
    edit(moved.eventId, { summary: "Moved" });
    edit(deleted.eventId, { status: "cancelled" });
    await read();
    expect((await announced()).sort()).toEqual([moved.bookingId, deleted.bookingId].sort());
    await read();
    expect(await announced()).not.toContain(untouched.bookingId);
  });

  it("knows its own echo by the version that we wrote", async () => {
    const { bookingId, eventId } = await bookedEvent();
    const { read } = instance();
    await read();
    const { data } = await (await writer()).events.patch({
      ...{ calendarId: "primary", eventId },
      requestBody: { summary: "Ours" },
    });
    await database.sql("update private.booking_rooms set etag = $2 where booking_id = $1", [bookingId, data.etag]);
    await read();
    expect(await announced()).toEqual([]);
  });

  it("leaves it to whoever is at work on a booking to tell the own write from somebody's", async () => {
    const { bookingId, eventId } = await bookedEvent();
    const { read } = instance();
    await read();
    const begin = () =>
      database.sql("select public.begin_booking_reconcile($1, gen_random_uuid()::text, 60)", [bookingId]);
    const finish = async (etag: string) => {
      const agreement = { userId: ada.userId, calendarId: "primary", eventId, etag, startsAt: "2030-05-06T10:00Z" };
      const [lease] = await database.sql<{ fencing: string }>(
        "select fencing from private.booking_leases where booking_id = $1",
        [bookingId],
      );
      await database.sql("select public.finish_booking_reconcile($1, $2, 1, $3, '[]')", [
        ...[bookingId, lease!.fencing],
        JSON.stringify({ status: "scheduled", retired: [], agreement: { ...agreement, endsAt: "2030-05-06T11:00Z" } }),
      ]);
    };
    const etagNow = () => google.calendar.events(ada.email).find(({ id }) => id === eventId)!.etag;

    await begin();
    edit(eventId, { summary: "Ours" });
    await read();
    await finish(etagNow());
    expect(await announced()).toEqual([]);

    await begin();
    const ours = etagNow();
    edit(eventId, { summary: "Somebody's" });
    await read();
    expect(await announced()).toEqual([]);
    await finish(ours);
    expect(await announced()).toEqual([bookingId]);
  });

  it("says nothing of events that are not ours, of other consultants' and of meetings that are over", async () => {
    const over = await bookedEvent({ startsAt: "2020-05-06T10:00:00Z", endsAt: "2020-05-06T11:00:00Z" });
    const { read } = instance();
    await read();
    await (await writer()).events.insert({
      calendarId: "primary",
      requestBody: { start: { dateTime: "2030-05-06T10:00:00Z" }, end: { dateTime: "2030-05-06T11:00:00Z" } },
    });
    edit(over.eventId, { status: "cancelled" });
    await read();
    expect(await announced()).toEqual([]);
  });

  it("begins anew when Google has forgotten the token, concludes nothing, and asks about what it did not see", async () => {
    const [kept, vanished] = [await bookedEvent(), await bookedEvent()];
    const { read } = instance();
    await read();
    google.calendar.expireSyncTokens();
    edit(vanished.eventId, { status: "cancelled" });
    await read();
    expect(await announced()).toEqual([vanished.bookingId]);
    edit(kept.eventId, { summary: "Later" });
    await read();
    expect(await announced()).toContain(kept.bookingId);
  });

  it("that dies before its end is read again by the next one", async () => {
    const { eventId, bookingId } = await bookedEvent();
    await instance().read();
    edit(eventId, { summary: "Moved" });
    const dying = instance(({ read }) => ({
      read: async (at, token, onPage) => {
        await read(at, token, onPage);
        throw new Error("killed");
      },
    }));
    await expect(dying.read()).rejects.toThrow("killed");
    expect(await announced()).toEqual([bookingId]);
    await instance().read();
    expect(await announced()).toEqual([bookingId]);
  });

  it("beside another one leaves it the work, and the other reads once more", async () => {
    const { eventId, bookingId } = await bookedEvent();
    const { read } = instance();
    await read();
    const outcomes: unknown[] = [];
    let rounds = 0;
    const slow = instance((google_) => ({
      read: async (at, token, onPage) => {
        const result = await google_.read(at, token, onPage);
        rounds += 1;
        if (rounds === 1) {
          edit(eventId, { summary: "Meanwhile" });
          outcomes.push(await read());
        }
        return result;
      },
    }));
    await slow.read();
    expect(outcomes).toEqual([{ kind: "ignored", reason: "another reader is at work and reads once more" }]);
    expect([rounds, await announced()]).toEqual([2, [bookingId]]);
  });

  it("of a consultant who has left does nothing; a dead access is met once and parked", async () => {
    const { read } = instance();
    google.oauth.revokeAccess(ada.email);
    expect(await read()).toMatchObject({ kind: "parked" });
    expect(await read()).toEqual({ kind: "ignored", reason: "the consultant is not connected" });
  });
});

describe("a sweep", () => {
  it("reads what was not read for some time, and one calendar's trouble stops no other", async () => {
    const bob = await insertConsultant(database.sql, { name: "Bob", email: "bob@consult.example" });
    await connectGoogle(database.sql, google, { consultant: bob });
    const { handle, failures } = instance();
    google.calendar.faults.add({ operation: "events.list", kind: "status", status: 503, times: 4 });
    await expect(handle({ kind: "sweep" })).rejects.toThrow("1 of 2 calendars could not be read");
    expect(failures).toHaveLength(1);
    expect(await handle({ kind: "sweep" })).toEqual({ kind: "done", detail: "0 calendars read" });
  });
});

describe("a caller", () => {
  const token = "x".repeat(43);
  const channelId = crypto.randomUUID();
  beforeEach(async () => {
    await database.sql(
      `insert into private.calendar_channels (id, user_id, google_sub, calendar_id, token_sha256)
       values ($1, $2, 'sub', 'primary', sha256($3))`,
      [channelId, ada.userId, Buffer.from(token)],
    );
  });

  const check = makeSyncCallerCheck({
    channels: { userOf: (id, digest) => instance().channels.userOf(id, digest) },
    callers: { verify: async (given) => (given === "Bearer scheduler" ? { email: "scheduler@p" } : null) },
  });
  const callWith = (headers: Readonly<Record<string, string | undefined>>) =>
    check((name) => ({ "x-goog-channel-id": channelId, "x-goog-channel-token": token, ...headers })[name]);

  it("that shows a channel and its secret is Google, about one consultant; the scheduler's token is a sweep", async () => {
    expect(await callWith({})).toEqual({ kind: "changed", userId: ada.userId });
    expect(await callWith({ authorization: "Bearer scheduler" })).toEqual({ kind: "sweep" });
  });

  it.each<[string, Readonly<Record<string, string | undefined>>]>([
    ["another secret", { "x-goog-channel-token": "y".repeat(43) }],
    ["no secret", { "x-goog-channel-token": undefined }],
    ["a secret that is too long", { "x-goog-channel-token": "x".repeat(257) }],
    ["another channel", { "x-goog-channel-id": "00000000-0000-4000-8000-000000000000" }],
    ["a channel that is no id", { "x-goog-channel-id": "1' or '1'='1" }],
    ["a stranger's token", { authorization: "Bearer stranger" }],
  ])("with %s is a stranger", async (_what, forged) => {
    expect(await callWith(forged)).toBeNull();
  });

  it("through a channel that is no longer wanted is a stranger", async () => {
    await instance().channels.retireAll(ada.userId);
    expect(await callWith({})).toBeNull();
  });
});
