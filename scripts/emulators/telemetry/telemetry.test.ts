import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OAuthEmulator, startOAuthEmulator } from "../oauth/start-oauth-emulator.ts";
import { scaledClock } from "../rest/emulator.ts";
import { startTelemetryEmulator, type TelemetryEmulator } from "./start-telemetry-emulator.ts";

const PROJECT = "booking-insights-local";
const TRACE = "6f1c3c2e8a4b4c1d9e2f0123456789ab";

let oauth: OAuthEmulator;
let telemetry: TelemetryEmulator;
let token: string;

beforeAll(async () => {
  const clock = scaledClock(1);
  oauth = await startOAuthEmulator({ clock, clients: [] });
  telemetry = await startTelemetryEmulator({ authority: oauth, clock, projectId: PROJECT });
  token = oauth.accessToken(`process-booking@${PROJECT}.iam.gserviceaccount.com`).token;
});
afterAll(() => Promise.all([telemetry?.stop(), oauth?.stop()]));
beforeEach(() => telemetry.reset());

type Resource = ReadableSpan["resource"];
const resourceOf = (attributes: Resource["attributes"]): Resource => {
  const resource: Resource = { attributes, merge: () => resource, getRawAttributes: () => [] };
  return resource;
};
const seconds = (count: number): HrTime => [1_795_000_000 + count, 250_000_000];

/** A span as OpenTelemetry's exporter takes it. */
function spanWith(
  change: Partial<ReadableSpan> = {},
  ids = { traceId: TRACE, spanId: "00f067aa0ba902b7" },
): ReadableSpan {
  return {
    ...{
      name: "publish booking-events",
      kind: SpanKind.PRODUCER,
      attributes: { "outbox.id": 7, sampled: true, "a.b": "ü" },
    },
    spanContext: () => ({ ...ids, traceFlags: TraceFlags.SAMPLED }),
    ...{ startTime: seconds(0), endTime: seconds(1), duration: [1, 0], ended: true, links: [], events: [] },
    status: { code: SpanStatusCode.ERROR, message: "publish_refused" },
    resource: resourceOf({ "gcp.project_id": PROJECT, "service.name": "relay-outbox" }),
    instrumentationScope: { name: "booking-insights" },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    ...change,
  };
}

/** Null when the spans were taken, else the status or the error's words. */
function sendSpans(spans: ReadableSpan[], headers: Record<string, string> = {}): Promise<string | null> {
  const exporter = new OTLPTraceExporter({
    url: `${telemetry.url}/v1/traces`,
    headers: { authorization: `Bearer ${token}`, ...headers },
    timeoutMillis: 500,
  });
  return new Promise((resolve) => {
    exporter.export(spans, ({ code, error }) => {
      const status = error !== undefined && "code" in error ? error.code : error?.message;
      resolve(code === 0 ? null : String(status));
    });
  });
}

async function post(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${telemetry.url}/v1/traces`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-protobuf", ...headers },
    body,
  });
}

describe("the Telemetry API", () => {
  it("keeps what OpenTelemetry's exporter sends, field by field", async () => {
    const parent = { traceId: TRACE, spanId: "9e2f0123456789ab", traceFlags: TraceFlags.SAMPLED };
    const linked = { context: { ...parent, traceId: "0af7651916cd43dd8448eb211c80319c" } };
    expect(await sendSpans([spanWith({ parentSpanContext: parent, links: [linked] })])).toBeNull();
    expect(telemetry.spans()).toEqual([
      {
        ...{ traceId: TRACE, spanId: "00f067aa0ba902b7", parentSpanId: "9e2f0123456789ab" },
        ...{ name: "publish booking-events", kind: "producer", isError: true, statusMessage: "publish_refused" },
        startTimeUnixNano: 1_795_000_000_250_000_000n,
        endTimeUnixNano: 1_795_000_001_250_000_000n,
        attributes: { "outbox.id": 7, sampled: true, "a.b": "ü" },
        links: [{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "9e2f0123456789ab" }],
        resource: { "gcp.project_id": PROJECT, "service.name": "relay-outbox" },
      },
    ]);
  });

  it("keeps what OpenTelemetry's own SDK makes", async () => {
    const exporter = new OTLPTraceExporter({
      url: `${telemetry.url}/v1/traces`,
      headers: { authorization: `Bearer ${token}` },
    });
    const provider = new BasicTracerProvider({
      resource: resourceOf({ "gcp.project_id": PROJECT }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    provider
      .getTracer("test")
      .startSpan("made by the SDK", { attributes: { share: 0.5 } })
      .end();
    await provider.forceFlush();
    expect(telemetry.spans()).toMatchObject([
      { name: "made by the SDK", kind: "internal", attributes: { share: 0.5 } },
    ]);
  });

  it.each([
    ["a trace id of zeros", [spanWith({}, { traceId: "0".repeat(32), spanId: "00f067aa0ba902b7" })]],
    ["a span id of zeros", [spanWith({}, { traceId: TRACE, spanId: "0".repeat(16) })]],
    ["a short trace id", [spanWith({}, { traceId: "abcd", spanId: "00f067aa0ba902b7" })]],
    ["an end before the start", [spanWith({ endTime: seconds(-1) })]],
    ["no name", [spanWith({ name: "" })]],
    ["a name without end", [spanWith({ name: "x".repeat(2_000) })]],
    ["no project", [spanWith({ resource: resourceOf({}) })]],
  ])("refuses a span with %s, and the whole request with it", async (_what, spans) => {
    expect(await sendSpans([spanWith(), ...spans])).toBe("400");
    expect(telemetry.spans()).toEqual([]);
  });

  it("refuses another project's spans, strangers and users", async () => {
    expect(await sendSpans([spanWith({ resource: resourceOf({ "gcp.project_id": "other" }) })])).toBe("403");
    const other = oauth.accessToken("x@other.iam.gserviceaccount.com").token;
    expect(await sendSpans([spanWith()], { authorization: `Bearer ${other}` })).toBe("403");
    expect(await sendSpans([spanWith()], { authorization: "Bearer unknown" })).toBe("401");
    const { email } = oauth.createAccount({ email: "ada@consulting.example", name: "Ada" });
    const user = oauth.userAccessToken(email, []);
    expect(await sendSpans([spanWith()], { authorization: `Bearer ${user}` })).toBe("403");
    expect(telemetry.spans()).toEqual([]);
  });

  it.each([
    ["JSON", Buffer.from("{}"), { "content-type": "application/json" }, 415],
    ["a compressed body", Buffer.alloc(0), { "content-encoding": "gzip" }, 415],
    ["a field that ends too early", Buffer.from([0x0a, 0x05, 0x01]), {}, 400],
    ["an unknown field", Buffer.from([0x7a, 0x00]), {}, 400],
    ["a field of another wire type", Buffer.from([0x08, 0x01]), {}, 400],
    ["a number without end", Buffer.from(Array(12).fill(0xff)), {}, 400],
  ])("refuses %s", async (_what, body, headers, status) => {
    expect((await post(new Uint8Array(body), headers)).status).toBe(status);
  });

  it("takes an empty request, and answers in protobuf", async () => {
    const answer = await post(new Uint8Array());
    expect([answer.status, answer.headers.get("content-type"), (await answer.bytes()).length]).toEqual([
      200,
      "application/x-protobuf",
      0,
    ]);
  });

  it("shows one trace to another process, times as text", async () => {
    await sendSpans([
      spanWith(),
      spanWith({}, { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "00f067aa0ba902b7" }),
    ]);
    const answer = await fetch(`${telemetry.url}/emulator/spans?traceId=${TRACE}`);
    const { spans } = (await answer.json()) as { spans: unknown[] };
    expect(spans).toMatchObject([{ traceId: TRACE, startTimeUnixNano: "1795000000250000000" }]);
  });
});
