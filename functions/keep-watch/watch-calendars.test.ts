import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { Secret } from "#kernel/secret.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import type { TestApi } from "#testing/api.ts";
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
import { makeWatchCalendars } from "./watch-calendars.ts";

const WEEK_SECONDS = 604_800;
let database: TestDatabase;
let google: GoogleWorkspace;
let api: TestApi;
let ada: TestConsultant;
let received: IncomingHttpHeaders[] = [];
const hook = createServer((request, response) => {
  received.push(request.headers);
  response.writeHead(204).end();
});
beforeAll(async () => {
  [database, google] = await Promise.all([openTestDatabase(), startGoogleWorkspace()]);
  api = await database.api();
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  hook.close();
  await google.stop();
  await database.close();
});
beforeEach(async () => {
  google.reset();
  received = [];
  await database.sql("truncate public.consultants cascade");
  await database.sql("truncate private.calendar_readings, private.calendar_channels");
  await database.sql("truncate public.google_connections, public.user_tokens");
  ada = await insertConsultant(database.sql, { name: "Ada", email: "ada@consult.example" });
  await connectGoogle(database.sql, google, { consultant: ada });
});

const store = () => makeCalendarChannelStore(api.service);
/** One run of the duty, with nothing cached. */
const watch = async (overrides: { readonly overlapSeconds?: number } = {}) => {
  const auth = makeConsultantAuth({
    tokens: makeConsultantTokenStore(api.service),
    clientId: oauthClient.clientId,
    clientSecret: new Secret(oauthClient.clientSecret),
    clock: { now: steppingClock().now, wait: () => new Promise(() => undefined) },
    oauthEndpoint: google.oauth.url,
  });
  const channels = makeCalendarChanges({ auth, endpoint: google.calendar.url });
  const address = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  const periods = { lifetimeSeconds: WEEK_SECONDS, overlapSeconds: 86_400, claimSeconds: 600, retrySeconds: 60 };
  return makeWatchCalendars({ channels, store: store(), address, ...periods, ...overrides }).run();
};
/** As time would: every consultant is due for a look again. */
const letClaimsExpire = () => database.sql("update private.calendar_readings set channel_check_at = now()");
const notification = async () => {
  while (received.length === 0) {
    google.advance(0);
    await new Promise(setImmediate);
  }
  return received[0] ?? {};
};
const userOf = (headers: IncomingHttpHeaders) => {
  const token = String(headers["x-goog-channel-token"]);
  return store().userOf(String(headers["x-goog-channel-id"]), createHash("sha256").update(token).digest("hex"));
};

describe("the channel of a connected consultant's calendar", () => {
  it("is opened once, and its notifications name the consultant", async () => {
    expect(await watch()).toBe(1);
    expect(await userOf(await notification())).toBe(ada.userId);
    await letClaimsExpire();
    expect(await watch()).toBe(0);
    expect(google.calendar.channels()).toHaveLength(1);
  });

  it("gets a successor in time, and is stopped and not listened to any more", async () => {
    await watch();
    const old = await notification();
    await letClaimsExpire();
    expect(await watch({ overlapSeconds: WEEK_SECONDS + 1 })).toBe(2);
    expect(google.calendar.channels()).toHaveLength(1);
    expect(google.calendar.channels()[0]?.id).not.toBe(old["x-goog-channel-id"]);
    expect(await userOf(old)).toBeNull();
  });

  it("is tried again when Google refuses it, and the reason is kept", async () => {
    google.calendar.faults.add({ operation: "events.watch", kind: "status", status: 403, times: 1 });
    expect(await watch()).toBe(0);
    const [row] = await database.sql<{ problem: string }>(
      "select channel_problem as problem from private.calendar_readings",
    );
    expect(row?.problem).toContain("Google Calendar");
    await letClaimsExpire();
    expect(await watch()).toBe(1);
  });

  it("whose answer was lost is replaced; what Google made of it is not listened to for long", async () => {
    google.calendar.faults.add({ operation: "events.watch", kind: "drop_reply", times: 1 });
    expect(await watch()).toBe(0);
    await letClaimsExpire();
    expect(await watch()).toBe(1);
    expect(google.calendar.channels()).toHaveLength(2);
  });

  it("is two runs' work once", async () => {
    const opened = await Promise.all([watch(), watch()]);
    expect(opened.toSorted()).toEqual([0, 1]);
    expect(google.calendar.channels()).toHaveLength(1);
  });
});
