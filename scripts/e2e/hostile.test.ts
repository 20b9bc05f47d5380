import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functions } from "../../infra/topology/functions.ts";
import { awaitRow } from "../demo/await-row.ts";
import {
  BookingPlatform,
  type BookingRow,
  type NewBooking,
  type PlatformConsultant,
} from "../local/booking-platform.ts";
import { audienceOf, pushIdentity, schedulerIdentity } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";

const TIMEOUT_MS = 30_000;
const STARTS_AT = new Date("2027-01-14T09:00:00Z");
const ENDS_AT = new Date("2027-01-14T10:00:00Z");

let stack: LocalStack;
let platform: BookingPlatform;
let consultant: PlatformConsultant;
let serviceId: string;

beforeAll(async () => {
  stack = await startStack();
  platform = new BookingPlatform(stack);
  consultant = await platform.createConsultant("Dr. Ada Hostile");
  serviceId = await platform.createService("Consulting call");
  await platform.connectGoogle(consultant);
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await stack?.stop();
});

const insert = (change: Partial<NewBooking>): Promise<string> =>
  platform.insertBooking({
    ...{ serviceId, consultantId: consultant.consultantId, title: "A call", startsAt: STARTS_AT, endsAt: ENDS_AT },
    ...{ timeZone: "Europe/Berlin", customerName: "Grace Guest", customerEmail: "grace@customer.example" },
    ...change,
  });

/** The row once it stands in `status`, whether that is a good end or not. */
async function rowIn(status: string, bookingId: string): Promise<BookingRow> {
  const until = (row: BookingRow): boolean => row.pipeline_status === status;
  return awaitRow(platform, { bookingId, what: `The state ${status}`, until, timeoutMs: TIMEOUT_MS });
}

describe("a booking that cannot go on", () => {
  it("says so when its consultant has not connected Google, and goes on once they do", async () => {
    const other = await platform.createConsultant("Nora Notyet");
    const id = await insert({ consultantId: other.consultantId });
    expect((await rowIn("needs_reconnect", id)).pipeline_reason).toMatch(/Nora Notyet has not connected Google/);
    await platform.connectGoogle(other);
    expect((await rowIn("scheduled", id)).meeting_link).toMatch(/^https:\/\/meet\.google\.com\//);
  });

  it.each([
    [
      "an end before its start",
      { endsAt: new Date("2027-01-14T08:00:00Z") },
      /not after its start.*Correct starts_at and ends_at/,
    ],
    ["an unknown time zone", { timeZone: "Mars/Olympus_Mons" }, /"Mars\/Olympus_Mons" is not a time zone/],
    ["no consultant", { consultantId: null }, /no consultant/],
  ])("says so with %s", async (_what, change, reason) => {
    expect((await rowIn("failed", await insert(change))).pipeline_reason).toMatch(reason);
  });

  it("is scheduled with a title of 10,000 characters, and says what became of it", async () => {
    const row = await rowIn("scheduled", await insert({ title: "x".repeat(10_000) }));
    expect(row.pipeline_reason).toBe("The title has 10000 characters; the calendar shows the first 1024.");
  });

  it("says so when the consultant's token is revoked, tells them once, and asks Google no more", async () => {
    const revoked = await platform.createConsultant("Rita Revoked");
    await platform.connectGoogle(revoked);
    stack.google.oauth.revokeAccess(revoked.email);
    const ids = await Promise.all([1, 2, 3].map(() => insert({ consultantId: revoked.consultantId })));
    for (const id of ids) expect((await rowIn("needs_reconnect", id)).pipeline_reason).toMatch(/connect google again/i);
    await stack.google.nextMailTo(revoked.email);
    const asked = stack.google.oauth.calls.count("oauth.token");
    await rowIn("needs_reconnect", await insert({ consultantId: revoked.consultantId }));
    expect(stack.google.oauth.calls.count("oauth.token")).toBe(asked);
    expect(stack.google.mailsTo(revoked.email)).toBe(1);
  });

  it("blocks no other booking, and nothing is retried for ever", async () => {
    expect((await rowIn("scheduled", await insert({}))).meeting_link).not.toBeNull();
    await stack.google.pubsub?.waitUntilIdle({ timeoutMs: TIMEOUT_MS });
    const [waiting] = await platform.rows<{ count: string }>(
      "select count(*) from private.outbox where published_at is null and dead_at is null",
    );
    expect(waiting?.count).toBe("0");
  });

  it("is cancelled at Google too when it is cancelled or deleted", async () => {
    const [cancelled, deleted] = await Promise.all([insert({}), insert({})]);
    await rowIn("scheduled", cancelled);
    await rowIn("scheduled", deleted);
    await platform.rows("update public.bookings set status = 'cancelled' where id = $1", [cancelled]);
    await platform.rows("delete from public.bookings where id = $1", [deleted]);
    await rowIn("cancelled", cancelled);
    await expect.poll(() => stack.google.liveEventsOf(deleted), { timeout: TIMEOUT_MS }).toBe(0);
    expect(stack.google.liveEventsOf(cancelled)).toBe(0);
  });
});

describe("a forged request", () => {
  /** Everything that a request could have changed in the database, counted. */
  const traces = async (): Promise<unknown> => {
    const [row] = await platform.rows(`select
      (select count(*) from private.outbox) as outbox, (select count(*) from private.effects) as effects,
      (select count(*) from private.rejected_inputs) as rejected, (select count(*) from private.oauth_states) as states,
      (select count(*) from private.relay_nonces) as nonces, (select count(*) from public.recordings) as recordings,
      (select count(*) from private.messages) as messages, (select sum(revision) from public.bookings) as revisions`);
    return row;
  };
  /** The pipeline goes on meanwhile (mail that is due, a schedule): only what happens every time is the caller's doing. */
  const changesEachTime = async (act: () => Promise<void>): Promise<boolean> => {
    for (let round = 0; round < 5; round += 1) {
      await stack.google.pubsub?.waitUntilIdle({ timeoutMs: TIMEOUT_MS });
      await stack.supabase.pgNet.idle();
      const before = JSON.stringify(await traces());
      await act();
      if (JSON.stringify(await traces()) === before) return false;
    }
    return true;
  };
  const post = async (name: string, headers: Record<string, string>, body: string | Buffer): Promise<Response> =>
    fetch(stack.functionUrl(name), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: new Uint8Array(Buffer.from(body)),
    });
  const pushBody = JSON.stringify({
    message: { data: Buffer.from(JSON.stringify({ bookingId: randomUUID() })).toString("base64"), messageId: "1" },
    subscription: "projects/p/subscriptions/s",
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  const ways: readonly (readonly [string, () => Promise<Record<string, string>>])[] = [
    ["no token", async () => ({})],
    ["a token that is none", async () => bearer("x.y.z")],
    ["a user's access token", async () => bearer(stack.google.oauth.userAccessToken(consultant.email, []))],
    ["the secret key as a token", async () => bearer(stack.addresses.supabaseSecretKey)],
    [
      "a token for another audience",
      async () =>
        bearer(await stack.google.mintIdToken({ email: pushIdentity, audience: "https://elsewhere.example" })),
    ],
  ];
  const closed = functions.filter(({ trigger }) => trigger.kind !== "public" || trigger.check === "relay_ping_or_oidc");

  it.each(ways)("with %s is refused by every function, says nothing and changes nothing", async (_what, headersOf) => {
    const forge = async (): Promise<void> => {
      for (const { name } of closed) {
        const answer = await post(name, await headersOf(), pushBody);
        expect([name, answer.status, await answer.text()]).toEqual([name, 401, ""]);
      }
    };
    expect(await changesEachTime(forge)).toBe(false);
  });

  it("of another service account is refused", async () => {
    for (const { name } of closed) {
      const claims = { email: "stranger@other-project.iam.gserviceaccount.com", audience: audienceOf(name) };
      const answer = await post(name, bearer(await stack.google.mintIdToken(claims)), pushBody);
      expect([name, answer.status]).toEqual([name, 401]);
    }
  });

  it("with a wrong HMAC, an old timestamp or no signature does not run the relay", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const [timestamp, signature] of [
      [String(now), "0".repeat(64)],
      [String(now - 3600), "0".repeat(64)],
      [String(now), ""],
      ["now", "zz"],
    ] as const) {
      const headers = { "x-ping-timestamp": timestamp, "x-ping-nonce": randomUUID(), "x-ping-signature": signature };
      const answer = await post("relay-outbox", headers, "{}");
      expect([answer.status, await answer.text()]).toEqual([401, ""]);
    }
  });

  it("whose body is not JSON is refused without a word about us", async () => {
    for (const { name } of functions) {
      const answer = await post(name, {}, '{"broken');
      const text = await answer.text();
      expect([name, answer.status >= 400 && answer.status < 500, text.length < 300]).toEqual([name, true, true]);
      expect(text).not.toMatch(/node_modules|\.ts|\.js|stack|at /i);
    }
  });

  it("of garbage by a known caller is acknowledged, recorded and leads to nothing", async () => {
    const token = await stack.google.mintIdToken({ email: pushIdentity, audience: audienceOf("process-booking") });
    const before = (await traces()) as { rejected: string };
    for (const body of [
      "{}",
      '{"message":{"data":"%%%","messageId":"1"},"subscription":"s"}',
      "[]",
      pushBody.replace("bookingId", "x"),
    ]) {
      expect((await post("process-booking", bearer(token), body)).status).toBeLessThan(500);
    }
    const after = (await traces()) as { rejected: string };
    expect(Number(after.rejected)).toBeGreaterThan(Number(before.rejected));
  });

  it.each([
    "/callback",
    "/callback?state=x&code=y",
    "/callback?state=x&state=y&code=z",
    `/callback?state=${"a".repeat(43)}&code=4/abc`,
    "/callback?error=access_denied",
  ])("to the OAuth callback (%s) exchanges no code", async (path) => {
    const exchanges = stack.google.oauth.calls.count("oauth.token");
    const answer = await fetch(stack.functionUrl("google-auth") + path, { redirect: "manual" });
    expect(await answer.text()).not.toMatch(/error:|stack|at \/|postgres|secret/i);
    expect(stack.google.oauth.calls.count("oauth.token")).toBe(exchanges);
  });

  it("to connect, status or disconnect without a session is refused", async () => {
    for (const [method, path] of [
      ["GET", "/connect"],
      ["GET", "/status"],
      ["POST", "/disconnect"],
    ] as const) {
      const answer = await fetch(stack.functionUrl("google-auth") + path, { method, redirect: "manual" });
      expect([path, answer.status, await answer.text()]).toEqual([path, 401, ""]);
    }
  });

  it("of the scheduler is let in only where a schedule leads", async () => {
    const token = await stack.google.mintIdToken({ email: schedulerIdentity, audience: audienceOf("process-booking") });
    expect((await post("process-booking", bearer(token), pushBody)).status).toBe(401);
  });
});
