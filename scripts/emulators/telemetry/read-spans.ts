import { z } from "zod";
import { GoogleError, invalid } from "../rest/errors.ts";
import { readMessage } from "./protobuf-message.ts";
import { exportRequest } from "./trace-messages.ts";

export type AttributeValue = string | number | boolean;

/** A span as the store keeps it. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly statusMessage: string;
  /** Attributes of what made the span: `service.name` and so on. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
/** Limits of the Telemetry API (docs.cloud.google.com/stackdriver/docs/reference/telemetry/overview). */
const LIMITS = { nameBytes: 1_024, keyBytes: 512, valueBytes: 64 * 1_024, attributes: 1_024, links: 128 } as const;
const STATUS_ERROR = 2;

const idOf = (bytes: number) =>
  z
    .instanceof(Buffer)
    .refine((id) => id.length === bytes && id.some((byte) => byte !== 0), `must be ${bytes} bytes, not all zero`)
    .transform((id) => id.toString("hex"));
const traceId = idOf(16);
const spanId = idOf(8);

const attributes = z
  .array(
    z.object({
      key: z.string().min(1).refine(within(LIMITS.keyBytes), "is too long"),
      value: z.object({
        string: z.string().refine(within(LIMITS.valueBytes), "is too long").optional(),
        bool: z.boolean().optional(),
        int: z.number().optional(),
        double: z.number().optional(),
      }),
    }),
  )
  .max(LIMITS.attributes)
  .default([])
  .transform((list, context) => {
    const known = Object.fromEntries(list.map(({ key, value }) => [key, oneOf(value)]));
    if (Object.keys(known).length < list.length) context.addIssue("names a key twice");
    return known;
  });

const span = z
  .object({
    traceId,
    spanId,
    parentSpanId: z.union([z.instanceof(Buffer).refine((id) => id.length === 0), spanId]).optional(),
    name: z.string().min(1).refine(within(LIMITS.nameBytes), "is too long"),
    kind: z
      .number()
      .max(KINDS.length - 1)
      .default(0),
    startTime: z.bigint().positive(),
    endTime: z.bigint().positive(),
    attributes,
    links: z.array(z.object({ traceId, spanId })).max(LIMITS.links).default([]),
    status: z.object({ code: z.number().max(STATUS_ERROR).default(0), message: z.string().default("") }).optional(),
  })
  .refine(({ startTime, endTime }) => endTime >= startTime, "ends before it starts");

const request = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }),
        scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]),
      }),
    )
    .default([]),
});

/** The spans of one export request; throws 400 for what the API refuses, 403 for another project's. */
export function readSpans(body: Uint8Array, projectId: string): StoredSpan[] {
  const parsed = request.safeParse(readMessage(exportRequest, body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`Invalid value at '${issue?.path.join(".")}': ${issue?.message}`);
  }
  return parsed.data.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    screenProject(resource.attributes["gcp.project_id"], projectId);
    const spans = scopeSpans.flatMap((scope) => scope.spans);
    return spans.map((one) => storedSpan(one, resource.attributes));
  });
}

function screenProject(named: AttributeValue | undefined, projectId: string): void {
  if (named === undefined) throw invalid('Resource is missing required attribute "gcp.project_id"');
  if (named === projectId) return;
  throw new GoogleError(403, "forbidden", `Permission 'telemetry.traces.write' denied on project ${named}`);
}

function storedSpan(
  { startTime, endTime, status, parentSpanId, kind, ...rest }: z.output<typeof span>,
  resource: StoredSpan["resource"],
): StoredSpan {
  return {
    ...rest,
    kind: KINDS[kind] ?? "unspecified",
    parentSpanId: typeof parentSpanId === "string" ? parentSpanId : "",
    startTimeUnixNano: startTime,
    endTimeUnixNano: endTime,
    isError: status?.code === STATUS_ERROR,
    statusMessage: status?.message ?? "",
    resource,
  };
}

function within(bytes: number): (text: string) => boolean {
  return (text) => Buffer.byteLength(text) <= bytes;
}

function oneOf(value: {
  string?: string | undefined;
  bool?: boolean | undefined;
  int?: number | undefined;
  double?: number | undefined;
}): AttributeValue {
  return value.string ?? value.bool ?? value.int ?? value.double ?? "";
}
