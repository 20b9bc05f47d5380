import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { OAuth2Client } from "google-auth-library";
import { calendar as calendarClient } from "googleapis/build/src/apis/calendar/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MeetState } from "../meet/meet-state.ts";
import { manualClock } from "../rest/emulator.ts";
import { type CalendarEmulator, startCalendarEmulator } from "./start-calendar-emulator.ts";

const scopes = new Set(["https://www.googleapis.com/auth/calendar.events"]);
const user = (name: string) => ({ kind: "user", sub: name, email: `${name}@example.com`, scopes }) as const;
const principals = new Map([user("ada"), user("bob")].map((one) => [one.sub, one]));
const calendarId = "primary";
const at = (hour: number) => ({ dateTime: `2026-11-24T${String(hour).padStart(2, "0")}:00:00Z` });
const DAY_MS = 86_400_000;

let calendar: CalendarEmulator;
const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
beforeEach(async () => {
  const authority = { principalOf: (token: string) => principals.get(token as "ada") ?? null };
  calendar = await startCalendarEmulator({ authority, clock, meet: new MeetState() });
});
afterEach(() => calendar.stop());

const api = (token = "ada") => {
  const auth = new OAuth2Client();
  auth.setCredentials({ access_token: token });
  return calendarClient({ version: "v3", auth, rootUrl: `${calendar.url}/`, retry: false });
};
const insert = async (id: string) => {
  await api().events.insert({ calendarId, requestBody: { id, summary: id, start: at(10), end: at(11) } });
};
const list = async (query: object = {}) => (await api().events.list({ calendarId, ...query })).data;
const idsOf = ({ items }: Awaited<ReturnType<typeof list>>) => (items ?? []).map(({ id }) => id);
const failure = async (call: Promise<unknown>) => {
  const error = await call.then(() => expect.unreachable("was accepted")).catch((thrown: unknown) => thrown);
  const { status, data } = (
    error as { response: { status: number; data: { error: { errors: [{ reason: string }] } } } }
  ).response;
  return [status, data.error.errors[0].reason];
};

describe("incremental synchronization", () => {
  it("gives what changed since the token, deleted events included, and each change once", async () => {
    for (const id of ["aaaaa", "bbbbb", "ccccc"]) await insert(id);
    const first = await list();
    await api().events.patch({ calendarId, eventId: "bbbbb", requestBody: { summary: "moved" } });
    await api().events.delete({ calendarId, eventId: "ccccc" });
    const second = await list({ syncToken: first.nextSyncToken });
    expect(second.items?.map(({ id, status }) => [id, status])).toEqual([
      ["bbbbb", "confirmed"],
      ["ccccc", "cancelled"],
    ]);
    expect(idsOf(await list({ syncToken: second.nextSyncToken }))).toEqual([]);
  });

  it("gives the token on the last page only, and what changed while pages were read comes again", async () => {
    for (const id of ["aaaaa", "bbbbb", "ccccc"]) await insert(id);
    const first = await list({ maxResults: 2 });
    expect([first.items?.length, first.nextSyncToken]).toEqual([2, undefined]);
    await api().events.patch({ calendarId, eventId: "aaaaa", requestBody: { summary: "meanwhile" } });
    const last = await list({ maxResults: 2, pageToken: first.nextPageToken });
    expect(idsOf(await list({ maxResults: 2, syncToken: last.nextSyncToken }))).toEqual(["aaaaa"]);
  });

  it("refuses what cannot go with a token, and an expired token with 410", async () => {
    const { nextSyncToken: syncToken } = await list();
    expect(await failure(list({ syncToken, timeMin: "2026-01-01T00:00:00Z" }))).toEqual([400, "invalid"]);
    expect(await failure(list({ syncToken, privateExtendedProperty: ["bookingId=b1"] }))).toEqual([400, "invalid"]);
    expect(await failure(list({ syncToken, singleEvents: true }))).toEqual([400, "invalid"]);
    calendar.expireSyncTokens();
    expect(await failure(list({ syncToken }))).toEqual([410, "fullSyncRequired"]);
  });
});

describe("push channels", () => {
  let received: IncomingHttpHeaders[];
  let answers: number[];
  let next: () => void;
  const hook = createServer((request, response) => {
    received.push(request.headers);
    response.writeHead(answers.shift() ?? 204).end();
    next();
  });
  beforeEach(async () => {
    [received, answers, next] = [[], [], () => undefined];
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => new Promise((resolve) => hook.close(resolve)));

  const address = () => `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  const watch = (over: object = {}, token = "ada") =>
    api(token).events.watch({
      calendarId,
      requestBody: { id: "channel-1", type: "web_hook", address: address(), token: "a secret", ...over },
    });
  /** The next notification; the clock goes on in steps until it is there. */
  const notification = async (stepMs = 0) => {
    let arrived = false;
    next = () => {
      arrived = true;
    };
    while (!arrived) {
      clock.advance(stepMs);
      await new Promise(setImmediate);
    }
    return received.at(-1) ?? {};
  };

  it("announces itself, then every change, with its token and a rising number", async () => {
    const { data } = await watch();
    expect(data).toMatchObject({ id: "channel-1", token: "a secret", expiration: expect.stringMatching(/^\d{13}$/) });
    expect(await notification()).toMatchObject({
      "x-goog-resource-state": "sync",
      "x-goog-channel-token": "a secret",
      "x-goog-channel-id": "channel-1",
      "x-goog-resource-id": data.resourceId,
      "x-goog-message-number": "1",
    });
    await insert("aaaaa");
    expect(await notification()).toMatchObject({ "x-goog-resource-state": "exists", "x-goog-message-number": "2" });
  });

  it("tries again after a 503, not after a 404, and loses what it is told to lose", async () => {
    await watch();
    await notification();
    answers = [503];
    await insert("aaaaa");
    await notification();
    expect(await notification(100)).toMatchObject({ "x-goog-message-number": "2" });
    calendar.loseNotifications(1);
    await insert("bbbbb");
    await insert("ccccc");
    expect(await notification()).toMatchObject({ "x-goog-message-number": "4" });
  });

  it("expires after seven days at most, and can be stopped by its user alone", async () => {
    const { data } = await watch({ params: { ttl: "99999999" } });
    expect(Number(data.expiration) - clock.now().getTime()).toBe(7 * DAY_MS);
    const channel = { id: "channel-1", resourceId: data.resourceId ?? "" };
    expect(await failure(api("bob").channels.stop({ requestBody: channel }))).toEqual([404, "notFound"]);
    await api().channels.stop({ requestBody: channel });
    expect(calendar.channels()).toEqual([]);
    await watch({ id: "channel-2" });
    clock.advance(7 * DAY_MS);
    expect(calendar.channels()).toEqual([]);
  });

  it("refuses an id that was used, an address without TLS, another type and a token that is too long", async () => {
    await watch();
    expect(await failure(watch())).toEqual([400, "channelIdNotUnique"]);
    expect(await failure(watch({ id: "n2", address: "http://example.com/" }))).toEqual([400, "webhookUrlNotHttps"]);
    expect(await failure(watch({ id: "n3", type: "pubsub" }))).toEqual([400, "channelUnknown"]);
    expect(await failure(watch({ id: "n4", token: "x".repeat(257) }))).toEqual([400, "invalid"]);
  });
});
