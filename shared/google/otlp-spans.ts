import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { RetryableError } from "#kernel/verdicts.ts";
import type { FinishedSpan, SpanExporter } from "#ports/span-exporter.ts";

export interface OtlpSenderOptions {
  readonly url: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly projectId: string;
  readonly service: string;
  readonly region: string;
  readonly timeoutMs?: number;
}

/** More than its owner ever has under way. */
const MAX_REQUESTS = 100;

type Resource = ReadableSpan["resource"];

/** No answer waits this long; within it the exporter repeats what a dead connection or a busy receiver did not take. */
const TIMEOUT_MS = 10_000;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const satisfies Record<FinishedSpan["kind"], SpanKind>;

/** Sends spans with OpenTelemetry's OTLP exporter (HTTP, protobuf); throws what the receiver or the network said. */
export function makeOtlpSender({
  url,
  headers,
  timeoutMs = TIMEOUT_MS,
  ...about
}: OtlpSenderOptions): SpanExporter["export"] {
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs, concurrencyLimit: MAX_REQUESTS });
  const resource = resourceOf(about);
  return (spans) =>
    new Promise((resolve, reject) => {
      exporter.export(
        spans.map((span) => readable(span, resource)),
        ({ error, code }) => {
          if (error === undefined && code === 0) resolve();
          else reject(new RetryableError(`spans were not taken: ${reasonOf(error)}`, { code: "spans_not_taken" }));
        },
      );
    });
}

/** The receiver's status; its own words may repeat what was sent. */
function reasonOf(error: Error | undefined): string {
  const status = error !== undefined && "code" in error ? error.code : undefined;
  return typeof status === "number" || typeof status === "string" ? String(status) : "no answer";
}

/** Google files spans under `gcp.project_id`. OpenTelemetry's own factory for this loads detectors we have no use for. */
function resourceOf({ projectId, service, region }: Pick<OtlpSenderOptions, "projectId" | "service" | "region">) {
  const attributes = {
    "gcp.project_id": projectId,
    "service.name": service,
    "cloud.provider": "gcp",
    "cloud.platform": "gcp_cloud_run",
    "cloud.region": region,
  };
  const resource: Resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) };
  return resource;
}

/** What the SDK's tracer would have made, had it known the trace when the span began. */
function readable(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, link, failure } = span;
  const contextOf = (ids: { traceId: string; spanId: string }) => ({ ...ids, traceFlags: TraceFlags.SAMPLED });
  return {
    ...{
      name: span.name,
      kind: KINDS[span.kind],
      attributes: { ...span.attributes },
      events: [],
      ended: true,
      resource,
    },
    spanContext: () => contextOf({ traceId, spanId }),
    ...(parentSpanId !== null && { parentSpanContext: contextOf({ traceId, spanId: parentSpanId }) }),
    startTime: timeOf(span.startedAtMs),
    endTime: timeOf(span.endedAtMs),
    duration: timeOf(span.endedAtMs - span.startedAtMs),
    status: failure === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: failure },
    links: link === null ? [] : [{ context: contextOf({ traceId: link.traceId, spanId: link.spanId }) }],
    instrumentationScope: { name: "booking-insights" },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1_000_000)];
}
