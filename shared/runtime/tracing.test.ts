import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "#contracts/delivery.ts";
import { done, type Outcome, parked } from "#kernel/outcome.ts";
import { formatTraceparent } from "#kernel/trace.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { FinishedSpan } from "#ports/span-exporter.ts";
import { makeLogger } from "#runtime/logger.ts";
import { makePubsubFunction } from "#runtime/pubsub-function.ts";
import { workOn } from "#runtime/run-context.ts";
import { traced } from "#runtime/traced.ts";
import { standingClock, steppingClock } from "#testing/clocks.ts";
import { recordedSpans, testTracing } from "#testing/recorded-spans.ts";
import { type ServedFunction, serveFunction } from "#testing/serve-function.ts";

const BOOKING = "6f1c3c2e-8a4b-4c1d-9e2f-0123456789ab";
const TRACE = "6f1c3c2e8a4b4c1d9e2f0123456789ab";
/** The second half of the trace id. */
const ROOT = "9e2f0123456789ab";

const store = recordedSpans();
let lines: Record<string, unknown>[] = [];
let handle: (delivery: Delivery) => Promise<Outcome>;
let served: ServedFunction;
const log = makeLogger("a-function", { write: (line) => void lines.push(JSON.parse(line)) });

beforeAll(async () => {
  served = await serveFunction(
    makePubsubFunction({
      ...{ name: "a-function", log, tracing: testTracing(log, { exporter: store }) },
      callers: { verify: async () => ({ email: "pubsub-push@p.iam.gserviceaccount.com" }) },
      rejections: { record: async () => undefined },
      handle: (delivery) => handle(delivery),
    }),
  );
});
afterAll(() => served.stop());
beforeEach(() => {
  store.spans.length = 0;
  store.refuse = null;
  lines = [];
});

async function push(attributes: Record<string, string> = {}, headers: Record<string, string> = {}, more = {}) {
  const message = { data: Buffer.from("{}").toString("base64"), messageId: "42", attributes };
  const response = await fetch(served.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ message, subscription: "projects/p/subscriptions/process-booking", ...more }),
  });
  return response.status;
}
const parent = (traceId: string, spanId = "b7ad6b7169203331") => ({
  googclient_traceparent: formatTraceparent({ traceId, spanId, isSampled: true }),
});
const aboutBooking = async (delivery: Delivery): Promise<Outcome> => {
  delivery.about({ bookingId: BOOKING });
  return done();
};

describe("a delivery", () => {
  it("belongs to its booking's trace, below the span that published it", async () => {
    handle = aboutBooking;
    expect(await push(parent(TRACE), {}, { deliveryAttempt: 3 })).toBe(204);
    expect(store.spans).toEqual([
      {
        ...{ traceId: TRACE, parentSpanId: "b7ad6b7169203331", name: "process process-booking", kind: "consumer" },
        ...{ spanId: expect.stringMatching(/^[0-9a-f]{16}$/), link: null, failure: null },
        ...{ startedAtMs: expect.any(Number), endedAtMs: expect.any(Number) },
        attributes: {
          "messaging.system": "gcp_pubsub",
          "messaging.operation.name": "process",
          "messaging.operation.type": "process",
          "messaging.destination.name": "process-booking",
          "messaging.message.id": "42",
          "messaging.gcp_pubsub.message.delivery_attempt": 3,
          "booking.id": BOOKING,
          outcome: "done",
        },
      },
    ]);
  });

  it("of somebody who knows no trace hangs at the beginning of the booking's", async () => {
    handle = aboutBooking;
    await push();
    expect(store.spans).toMatchObject([{ traceId: TRACE, parentSpanId: ROOT }]);
  });

  it.each([
    ["another trace", parent("0af7651916cd43dd8448eb211c80319c")],
    ["a trace of zeros", { googclient_traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` }],
    ["a span of zeros", { googclient_traceparent: `00-${TRACE}-${"0".repeat(16)}-01` }],
    ["no trace at all", { googclient_traceparent: "x\n{}" }],
    ["a trace in upper case", { googclient_traceparent: `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01` }],
  ])("that claims %s stays in its booking's", async (_what, attributes) => {
    handle = aboutBooking;
    await push(attributes);
    expect(store.spans).toMatchObject([{ traceId: TRACE, parentSpanId: ROOT }]);
    expect(JSON.stringify(lines)).not.toContain("0af7651916cd43dd8448eb211c80319c");
  });

  it("about no booking cannot be put into one's trace by its message, and is found by its request's", async () => {
    handle = async () => done();
    const request = "0af7651916cd43dd8448eb211c80319c";
    await push(parent(TRACE), { traceparent: `00-${request}-00f067aa0ba902b7-01` });
    await push(parent(TRACE), { "x-cloud-trace-context": `${request}/1;o=1` });
    await push(parent(TRACE));
    expect(store.spans.map(({ traceId }) => traceId)).toEqual([
      request,
      request,
      expect.not.stringMatching(`^(${TRACE}|${request})$`),
    ]);
    expect(store.spans.map(({ parentSpanId }) => parentSpanId)).toEqual([null, null, null]);
  });

  it("shows its calls below it, those of a call below that, and what failed by its code alone", async () => {
    const tokens = traced("tokens", { read: async (_userId: string) => "1//0secret" });
    const calendar = traced("calendar", {
      uriOf: (name: string) => `gs://${name}`,
      insert: async (userId: string) => {
        await tokens.read(userId);
        throw new RetryableError("Google asks Grace to wait.", { code: "google_rate_limit" });
      },
    });
    handle = async (delivery) => {
      delivery.about({ bookingId: BOOKING });
      calendar.uriOf("x");
      await calendar.insert("u");
      return done();
    };
    expect(await push()).toBe(503);
    const [read, insert, top] = store.spans;
    expect([read?.name, insert?.name, top?.name]).toEqual([
      "tokens.read",
      "calendar.insert",
      "process process-booking",
    ]);
    expect([read?.parentSpanId, insert?.parentSpanId]).toEqual([insert?.spanId, top?.spanId]);
    expect(store.spans.map(({ failure }) => failure)).toEqual([null, "google_rate_limit", "google_rate_limit"]);
    expect(top?.attributes).toMatchObject({ outcome: "retry" });
    expect(JSON.stringify(store.spans)).not.toMatch(/secret|Grace/);
    for (const span of store.spans) expect(span.endedAtMs).toBeGreaterThanOrEqual(span.startedAtMs);
  });

  it.each([
    ["parked", async () => parked("no_link", "x"), { outcome: "parked", code: "no_link" }, null],
    [
      "refused",
      () => Promise.reject(new PermanentError("x", { code: "bad_event" })),
      { outcome: "refused" },
      "bad_event",
    ],
    ["broken", () => Promise.reject(new Error("x")), { outcome: "retry" }, "unexpected"],
  ])("that is %s says so", async (_what, run, attributes, failure) => {
    handle = run;
    await push();
    expect(store.spans).toMatchObject([{ attributes, failure }]);
  });

  it("keeps apart from those that are handled at the same moment", async () => {
    let release = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const bookings = Array.from({ length: 20 }, () => randomUUID());
    const waiting: string[] = [];
    const port = traced("calendar", { get: () => all });
    handle = async (delivery) => {
      const bookingId = delivery.attributes["id"] ?? "";
      delivery.about({ bookingId });
      waiting.push(bookingId);
      if (waiting.length === bookings.length) release();
      await port.get();
      log.info({ said: bookingId }, "inside");
      return done();
    };
    await Promise.all(bookings.map((id) => push({ id })));
    for (const id of bookings) {
      const spans = store.spans.filter(({ traceId }) => traceId === id.replaceAll("-", ""));
      expect(spans.map(({ name }) => name)).toEqual(["calendar.get", "process process-booking"]);
      expect(spans[0]?.parentSpanId).toBe(spans[1]?.spanId);
      expect(lines.filter(({ said }) => said === id)).toMatchObject([{ bookingId: id }]);
    }
  });
});

describe("a log line", () => {
  it("of a run names project, trace, span and what the run is about, warnings and errors too", async () => {
    const recordingId = randomUUID();
    handle = async (delivery) => {
      delivery.about({ recordingId });
      delivery.about({ bookingId: BOOKING });
      log.warn({}, "a warning");
      log.error({}, "an error");
      return done();
    };
    await push();
    expect(lines.map(({ message }) => message)).toEqual(["a warning", "an error", "done"]);
    for (const line of lines) {
      expect(line).toMatchObject({
        ...{ bookingId: BOOKING, recordingId, traceId: TRACE },
        "logging.googleapis.com/trace": `projects/booking-insights-local/traces/${TRACE}`,
        "logging.googleapis.com/spanId": store.spans.at(-1)?.spanId,
        "logging.googleapis.com/trace_sampled": true,
      });
    }
  });

  it("of a refused message is one of the run too", async () => {
    handle = async (delivery) => {
      delivery.about({ bookingId: BOOKING });
      throw new PermanentError("x", { code: "bad_event" });
    };
    await push();
    expect(lines.map(({ message, traceId }) => [message, traceId])).toEqual([
      ["permanent failure", TRACE],
      ["input recorded as rejected", TRACE],
    ]);
  });
});

describe("a part of a run that serves many bookings", () => {
  it("belongs to its own booking's trace and says which run it was part of", async () => {
    const other = randomUUID();
    const mails = traced("smtp", { send: async () => log.info({}, "sent") });
    const tracing = testTracing(log, { exporter: store });
    await tracing.run({}, async () => {
      await workOn({ bookingId: BOOKING }, () => mails.send());
      await workOn({ bookingId: other }, () => mails.send());
      await workOn({}, () => mails.send());
    });
    const run = store.spans.at(-1);
    const own = { traceId: run?.traceId, spanId: run?.spanId };
    expect(store.spans.map(({ name, traceId, link }) => [name, traceId, link])).toEqual([
      ["smtp.send", TRACE, null],
      ["a-function", TRACE, own],
      ["smtp.send", other.replaceAll("-", ""), null],
      ["a-function", other.replaceAll("-", ""), own],
      ["smtp.send", own.traceId, null],
      ["a-function", own.traceId, null],
    ]);
    expect(lines.map(({ bookingId }) => bookingId)).toEqual([BOOKING, other, undefined]);
  });
});

describe("sampling", () => {
  it("keeps all of a booking or nothing, everywhere alike, and about as many as was asked for", async () => {
    const run = async (bookingId: string): Promise<boolean> => {
      const some = recordedSpans();
      const publish = () => workOn({ bookingId }, async () => done());
      await testTracing(log, { exporter: some, sampled: 0.25 }).run({ traceId: "0".repeat(32) }, publish);
      return some.spans.some(({ traceId }) => traceId !== "0".repeat(32));
    };
    const bookings = Array.from({ length: 2_000 }, () => randomUUID());
    const kept = await Promise.all(bookings.map(run));
    expect(await Promise.all(bookings.map(run))).toEqual(kept);
    const share = kept.filter(Boolean).length / kept.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });
});

describe("a trace store that does not take spans", () => {
  it("changes no outcome and is mentioned once", async () => {
    handle = aboutBooking;
    store.refuse = new Error("500 from Bearer ya29.canary");
    expect([await push(), await push(), await push()]).toEqual([204, 204, 204]);
    const warnings = lines.filter(({ severity }) => severity === "WARNING");
    expect(warnings).toMatchObject([{ message: expect.stringMatching(/spans are dropped/) }]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });

  it("is given a rest, so that a refused request costs the next deliveries nothing", async () => {
    const clock = standingClock();
    const tracing = testTracing(log, { exporter: store, clock });
    store.refuse = new Error("no");
    await tracing.run({}, async () => done());
    store.refuse = null;
    await tracing.run({}, async () => done());
    clock.advance(30_000);
    await tracing.run({}, async () => done());
    expect(store.spans).toHaveLength(1);
  });

  it("and stays silent holds the first answer up for a second, no other; what it takes later is kept", async () => {
    const clock = steppingClock();
    const held: (() => void)[] = [];
    const slow = {
      ...store,
      export: (spans: readonly FinishedSpan[]) =>
        new Promise<void>((resolve) => held.push(() => resolve(void store.spans.push(...spans)))),
    };
    const tracing = testTracing(log, { exporter: slow, clock });
    for (let run = 0; run < 70; run += 1) expect(await tracing.run({}, async () => done())).toEqual(done());
    expect(clock.waitedMs).toEqual([1_000]);
    expect(held).toHaveLength(64);
    for (const answer of held) answer();
    expect(store.spans).toHaveLength(64);
    expect(lines.map(({ message }) => message)).toEqual([expect.stringMatching(/spans are dropped/)]);
  });

  it("changes no error either", async () => {
    store.refuse = new Error("no");
    const run = testTracing(log, { exporter: store }).run({}, () => Promise.reject(new RangeError("ours")));
    await expect(run).rejects.toThrow(RangeError);
  });
});
