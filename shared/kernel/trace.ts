import { hexOfUuid } from "./ids.ts";

/** What a run, or a part of one, works on; ids only. */
export interface Subject {
  readonly bookingId?: string;
  readonly recordingId?: string;
}

/** Does the part of a run that is about one subject: its log lines and spans belong to that booking's trace. */
export type WorkOn = <Result>(subject: Subject, work: () => Promise<Result>) => Promise<Result>;

/** Where a span hangs in its trace, in W3C's terms: 32 and 16 lower-case hexadecimal digits, never all zero. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The trace id's last 56 bits, which W3C Trace Context asks to be random: of a uuid v4 or v7 they are. */
const RANDOM_DIGITS = 14;

export const isTraceId = (text: string): boolean => /^(?!0+$)[0-9a-f]{32}$/.test(text);
export const isSpanId = (text: string): boolean => /^(?!0+$)[0-9a-f]{16}$/.test(text);

/** The one trace of a booking: its uuid without hyphens. Null for the nil uuid, which is no trace id. */
export function traceOfBooking(bookingId: string): string | null {
  const traceId = hexOfUuid(bookingId.toLowerCase());
  return isTraceId(traceId) ? traceId : null;
}

/**
 * The span that a booking's trace begins with. It follows from the trace id, so that whatever reaches us without a
 * parent, weeks later, still hangs in the tree.
 */
export function rootSpanOf(traceId: string): string {
  const spanId = traceId.slice(16);
  return isSpanId(spanId) ? spanId : "0000000000000001";
}

/** Whether a trace is kept; the same answer in every function, as OpenTelemetry's consistent sampling defines it. */
export function isSampledTrace(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= (1 - ratio) * 16 ** RANDOM_DIGITS;
}

/** W3C `traceparent`, version 00. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** Null for what is no `traceparent`; of versions to come the parts that version 00 knows are read, as W3C asks. */
export function parseTraceparent(text: string | undefined): TraceParent | null {
  const [, version, traceId = "", spanId = "", flags = "", rest] = TRACEPARENT.exec(text ?? "") ?? [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (!isTraceId(traceId) || !isSpanId(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
