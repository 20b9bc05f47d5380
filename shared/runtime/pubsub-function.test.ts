import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "#contracts/delivery.ts";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { makePubsubFunction } from "#runtime/pubsub-function.ts";
import { makeScheduledFunction } from "#runtime/scheduled-function.ts";
import { makeRejectionLog } from "#supabase/rejection-log.ts";
import type { TestApi } from "#testing/api.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { strangersAuthorizations } from "#testing/id-tokens.ts";
import { recordedLog } from "#testing/recorded-log.ts";
import { testTracing } from "#testing/recorded-spans.ts";
import { type ServedFunction, serveFunction } from "#testing/serve-function.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { manualClock } from "../../scripts/emulators/rest/emulator.ts";

const AUDIENCE = "https://process-booking.example";
const CALLER = "pubsub-push@booking-insights-local.iam.gserviceaccount.com";
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let api: TestApi;
let google: OAuthEmulator;
let served: ServedFunction;
let scheduled: ServedFunction;
let late: string;
let handle: (delivery: Delivery) => Promise<Outcome>;
let deliveries: Delivery[];
const log = recordedLog();

beforeAll(async () => {
  // The emulator's clock starts in the past, so that a token can have expired in the real now.
  const clock = manualClock(new Date(Date.now() - 3 * HOUR_MS));
  [database, google] = await Promise.all([openTestDatabase(), startOAuthEmulator({ clock, clients: [] })]);
  api = await database.api();
  late = `Bearer ${await google.mintIdToken({ email: CALLER, audience: AUDIENCE })}`;
  clock.advance(3 * HOUR_MS);
  const callers = makeCallerVerifier({ audience: AUDIENCE, callers: [CALLER], oauthEndpoint: google.url });
  const rejections = makeRejectionLog(api.service);
  const receive = (delivery: Delivery): Promise<Outcome> => {
    deliveries.push(delivery);
    return handle(delivery);
  };
  const tracing = testTracing(log);
  const options = { name: "a-function", callers, rejections, log, tracing, handle: receive };
  served = await serveFunction(makePubsubFunction(options));
  scheduled = await serveFunction(
    makeScheduledFunction({ callers, log, tracing, handle: () => handle({} as Delivery) }),
  );
});
afterAll(async () => {
  await Promise.all([served?.stop(), scheduled?.stop(), google?.stop()]);
  await database?.close();
});
beforeEach(async () => {
  handle = async () => done();
  deliveries = [];
  log.lines.length = 0;
  api.gateway.reset();
  await database.sql("truncate private.rejected_inputs");
});

const known = async () => `Bearer ${await google.mintIdToken({ email: CALLER, audience: AUDIENCE })}`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

function envelope(message: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): string {
  const data = base64('{"bookingId":"b"}');
  const subscription = "projects/p/subscriptions/s";
  return JSON.stringify({ message: { data, messageId: "42", attributes: {}, ...message }, subscription, ...rest });
}

async function post(body: string, headers: Record<string, string> = {}, url = served.url): Promise<Response> {
  const authorization = headers["authorization"] ?? (await known());
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers, authorization },
    body,
  });
}
const answerOf = async (response: Response) => [response.status, await response.text()];
const rejected = () =>
  database.sql<{ edge: string; reason: string; size_bytes: number; sha256: string }>(
    "select edge, reason, size_bytes, sha256 from private.rejected_inputs",
  );

describe("a message", () => {
  it("reaches the handler with its envelope read", async () => {
    const body = envelope(
      {
        attributes: { kind: "booking.changed" },
        publishTime: "2026-11-20T10:00:00.5Z",
        message_id: "42",
        orderingKey: "k",
      },
      { deliveryAttempt: 3, unknown: true },
    );
    expect(await answerOf(await post(body))).toEqual([204, ""]);
    expect(deliveries).toEqual([
      {
        ...{ messageId: "42", subscription: "projects/p/subscriptions/s", attributes: { kind: "booking.changed" } },
        ...{ data: { bookingId: "b" }, publishedAt: new Date("2026-11-20T10:00:00.5Z"), attempt: 3 },
        about: expect.any(Function),
      },
    ]);
  });

  it("without payload reaches the handler as undefined", async () => {
    await post(envelope({ data: undefined }));
    expect(deliveries[0]?.data).toBeUndefined();
  });
});

describe("an outcome", () => {
  const reconnect = new NeedsReconnectError("Connect again.", { code: "google_signed_out", userId: "u" });
  it.each<[string, () => Promise<Outcome>, number, string]>([
    ["done", async () => done("all"), 204, "info"],
    ["ignored", async () => ignored("a duplicate"), 204, "info"],
    ["parked", async () => parked("code", "a reason"), 204, "warn"],
    ["a retryable error", async () => Promise.reject(new RetryableError("busy", { code: "busy" })), 503, "warn"],
    ["an unexpected error", async () => Promise.reject(new TypeError("x is not a function")), 503, "warn"],
    ["a thrown string", () => Promise.reject("text"), 503, "warn"],
    ["a thrown null", () => Promise.reject(null), 503, "warn"],
    ["a permanent error", async () => Promise.reject(new PermanentError("never", { code: "never" })), 204, "error"],
    ["a lost access that nobody parked", async () => Promise.reject(reconnect), 204, "error"],
  ])("of %s is settled and logged", async (_what, run, status, severity) => {
    handle = run;
    expect(await answerOf(await post(envelope()))).toEqual([status, ""]);
    expect(log.lines[0]).toMatchObject({ severity, messageId: "42", durationMs: expect.any(Number) });
  });

  it("that is to be retried later says when", async () => {
    handle = () => Promise.reject(new RetryableError("slow down", { code: "busy", retryAfterMs: 1_500 }));
    expect((await post(envelope())).headers.get("retry-after")).toBe("2");
  });

  it("that is permanent is recorded with its code", async () => {
    handle = () => Promise.reject(new PermanentError("the message names no booking", { code: "bad_booking_event" }));
    await post(envelope());
    expect(await rejected()).toMatchObject([{ reason: "bad_booking_event: the message names no booking" }]);
  });

  it("leaves no secret in the log", async () => {
    const secrets =
      "ya29.a0Af-canary 1//0canary refresh_token=1%2F%2Fcanary eyJh.canary.sig Bearer canary ada@canary.example";
    handle = () => Promise.reject(new Error(`${secrets}\n\u001b[31mnext line`));
    await post(envelope());
    const text = JSON.stringify(log.lines);
    for (const part of ["canary", "\\n", "u001b"]) expect(text).not.toContain(part);
    expect(text).toContain("[secret]");
  });
});

describe("an envelope that cannot be read", () => {
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  it.each<[string, string, RegExp]>([
    ["is empty", "{}", /message/],
    ["is a list", "[]", /the body/],
    ["has no message id", envelope({ messageId: undefined }), /message\.messageId/],
    ["has an endless message id", envelope({ messageId: "9".repeat(201) }), /message\.messageId/],
    ["names no subscription", envelope({}, { subscription: undefined }), /subscription/],
    ["carries data that is no base64", envelope({ data: "%%%" }), /message\.data/],
    ["carries data that is no text", envelope({ data: 7 }), /message\.data/],
    ["carries data that is no JSON", envelope({ data: base64("canary{") }), /message\.data: not JSON/],
    ["carries attributes that are no texts", envelope({ attributes: { a: { b: 1 } } }), /message\.attributes/],
    ["was published at no time", envelope({ publishTime: "yesterday" }), /message\.publishTime/],
    ["was attempted minus one times", envelope({}, { deliveryAttempt: -1 }), /deliveryAttempt/],
    ["is nested without end", `{"message": ${deep}}`, /message/],
    ["has a prototype", '{"__proto__": {"message": 1}, "constructor": 1}', /message/],
  ])("because it %s is recorded and acknowledged", async (_what, body, reason) => {
    expect(await answerOf(await post(body))).toEqual([204, ""]);
    expect(deliveries).toEqual([]);
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(await rejected()).toEqual([
      { edge: "a-function", reason: expect.stringMatching(reason), size_bytes: body.length, sha256 },
    ]);
    expect(JSON.stringify([await rejected(), log.lines])).not.toContain("canary");
  });

  it("is no reason to believe in its prototype", async () => {
    const data = base64('{"__proto__": {"bookingId": "x"}, "bookingId": "b"}');
    const body = envelope({ data }).replace('"attributes":{}', '"attributes":{"__proto__":{"traceId":"x"}}');
    await post(body);
    expect(({} as Record<string, unknown>)["bookingId"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["traceId"]).toBeUndefined();
  });

  it("is not lost when it cannot be recorded: it comes again", async () => {
    api.gateway.faults.add({ operation: "rpc.record_rejected_input", kind: "status", status: 503 });
    expect((await post("{}")).status).toBe(503);
    expect((await post("{}")).status).toBe(204);
    expect(await rejected()).toHaveLength(1);
  });
});

describe("a stranger", () => {
  async function expectNothing(authorization: string): Promise<void> {
    for (const url of [served.url, scheduled.url]) {
      expect(await answerOf(await post("{}", { authorization }, url)), authorization).toEqual([401, ""]);
    }
    expect([deliveries, log.lines, api.gateway.calls.list(), await rejected()]).toEqual([[], [], [], []]);
  }

  it("with a token that is not a caller's changes nothing and learns nothing", async () => {
    const strangers = await strangersAuthorizations(google, { email: CALLER, audience: AUDIENCE });
    for (const [, authorization] of strangers) await expectNothing(authorization);
  });

  it("with a token that has expired changes nothing and learns nothing", () => expectNothing(late));
});

describe("Google's keys", () => {
  it("that cannot be had are a reason to come again, not to believe", async () => {
    const callers = makeCallerVerifier({ audience: AUDIENCE, callers: [CALLER], oauthEndpoint: "http://127.0.0.1:9" });
    const options = { name: "f", callers, rejections: makeRejectionLog(api.service), log, tracing: testTracing(log) };
    const unsure = await serveFunction(makePubsubFunction({ ...options, handle: async () => done() }));
    expect(await answerOf(await post(envelope(), {}, unsure.url))).toEqual([503, ""]);
    expect(log.lines).toMatchObject([{ severity: "error", message: "the request failed" }]);
    await unsure.stop();
  });
});

describe("a scheduled run", () => {
  it("is answered with 204, or with 503 so that the scheduler shows it", async () => {
    expect((await post("", {}, scheduled.url)).status).toBe(204);
    handle = () => Promise.reject(new PermanentError("broken", { code: "broken" }));
    expect(await answerOf(await post("", {}, scheduled.url))).toEqual([503, ""]);
  });
});
