import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { isSampledTrace, rootSpanOf, type Subject, traceOfBooking } from "#kernel/trace.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { FinishedSpan, SpanAttributes, SpanKind } from "#ports/span-exporter.ts";

/** What a run is told before it knows what it is about. */
export interface RunStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: SpanAttributes;
  /** The trace it belongs to until it turns out to be about a booking. */
  readonly traceId: string;
  /** What its message claims to come from; believed when that is the booking's own trace. */
  readonly claimedParent: { readonly traceId: string; readonly spanId: string } | null;
}

/** Where runs of one process write to. */
export interface RunSettings {
  readonly projectId: string;
  /** Share of traces whose spans are kept. */
  readonly sampled: number;
  /** Milliseconds since 1970 when `performance.now()` was 0. */
  readonly zeroMs: number;
  readonly collect: (span: FinishedSpan) => void;
}

interface OpenSpan extends Omit<FinishedSpan, "traceId" | "endedAtMs" | "attributes"> {
  readonly attributes: Record<string, string | number | boolean>;
}

/** One delivery or call, or the part of one that works on one booking. Its trace is settled when it ends. */
interface Run {
  readonly settings: RunSettings;
  traceId: string;
  subject: Subject;
  readonly claimedParent: RunStart["claimedParent"];
  readonly top: OpenSpan;
  /** Ended spans, kept until the trace they belong to is known. */
  readonly ended: Omit<FinishedSpan, "traceId">[];
}

interface Place {
  readonly run: Run;
  readonly span: OpenSpan;
}

/** Kept of one run; a capture of eight hours makes some hundred calls. */
const MAX_SPANS = 1_000;

const places = new AsyncLocalStorage<Place>();

export const newTraceId = (): string => randomBytes(16).toString("hex");
const newSpanId = (): string => randomBytes(8).toString("hex");
const nowMs = ({ zeroMs }: RunSettings): number => zeroMs + performance.now();

/** Runs `work` with a context of its own, which every log line and span inside belongs to. */
export async function inRun<Result>(
  settings: RunSettings,
  start: RunStart,
  work: () => Promise<Result>,
): Promise<Result> {
  const { name, kind, attributes, traceId, claimedParent } = start;
  const top = openSpan(settings, { name, kind, attributes, parentSpanId: null, link: null });
  const run: Run = { settings, traceId, subject: {}, claimedParent, top, ended: [] };
  return await within({ run, span: top }, work);
}

/** The run is about this from here on; a booking decides which trace all of it belongs to. */
export function aboutSubject(subject: Subject): void {
  const run = places.getStore()?.run;
  if (run === undefined) return;
  run.subject = { ...run.subject, ...subject };
  run.traceId = traceOf(run.subject) ?? run.traceId;
}

/** A part of a run that serves many bookings: what happens inside belongs to this one's trace. */
export async function workOn<Result>(subject: Subject, work: () => Promise<Result>): Promise<Result> {
  const place = places.getStore();
  const traceId = traceOf(subject);
  if (place === undefined || traceId === null) return await work();
  const { settings, traceId: outerTraceId, top: outer } = place.run;
  const link = { traceId: outerTraceId, spanId: outer.spanId };
  const { name, attributes } = outer;
  const top = openSpan(settings, { name, kind: "internal", attributes, parentSpanId: null, link });
  return await within({ run: { settings, traceId, subject, claimedParent: null, top, ended: [] }, span: top }, work);
}

/** Makes a call as a span below the present one, if its answer must be waited for; outside of a run it just calls. */
export function inSpan<Result>(name: string, call: () => Result): Result {
  const place = places.getStore();
  if (place === undefined) return call();
  const { run, span: parent } = place;
  const span = openSpan(run.settings, {
    name,
    kind: "client",
    attributes: {},
    parentSpanId: parent.spanId,
    link: null,
  });
  const result = places.run({ run, span }, call);
  if (!(result instanceof Promise)) return result;
  const end = (failure: string | null): void => keep(run, { ...span, failure, endedAtMs: nowMs(run.settings) });
  result.then(
    () => end(null),
    (thrown) => end(failureOf(thrown)),
  );
  return result;
}

/** Adds to what the run's own span says. */
export function describeRun(attributes: SpanAttributes, failure: string | null): void {
  const top = places.getStore()?.run.top;
  if (top === undefined) return;
  Object.assign(top.attributes, attributes, failure === null ? {} : { "error.type": failure });
}

/** The present run's place, for spans that begin and end elsewhere; null outside of a run. */
export function presentRun(): (RunSettings & { readonly traceId: string; readonly spanId: string }) | null {
  const place = places.getStore();
  return place === undefined ? null : { ...place.run.settings, traceId: place.run.traceId, spanId: place.span.spanId };
}

/** What every log line of the present run carries, in Cloud Logging's names and in ours. */
export function runFields(): Readonly<Record<string, string | boolean>> {
  const place = places.getStore();
  if (place === undefined) return {};
  const { traceId, subject, settings } = place.run;
  return {
    ...subject,
    traceId,
    "logging.googleapis.com/trace": `projects/${settings.projectId}/traces/${traceId}`,
    "logging.googleapis.com/spanId": place.span.spanId,
    "logging.googleapis.com/trace_sampled": isSampledTrace(traceId, settings.sampled),
  };
}

function traceOf({ bookingId }: Subject): string | null {
  return bookingId === undefined ? null : traceOfBooking(bookingId);
}

type SpanStart = Pick<OpenSpan, "name" | "kind" | "parentSpanId" | "link"> & { readonly attributes: SpanAttributes };

function openSpan(settings: RunSettings, { attributes, ...start }: SpanStart): OpenSpan {
  const spanId = newSpanId();
  return { ...start, spanId, attributes: { ...attributes }, startedAtMs: nowMs(settings), failure: null };
}

/** Runs to the end, whatever it is, and hands over every span with the trace that it turned out to be. */
async function within<Result>(place: Place, work: () => Promise<Result>): Promise<Result> {
  const { run } = place;
  try {
    return await places.run(place, work);
  } finally {
    finish(run);
  }
}

function finish({ settings, traceId, subject, claimedParent, top, ended }: Run): void {
  if (!isSampledTrace(traceId, settings.sampled)) return;
  const isBookings = traceOf(subject) === traceId;
  const parent = claimedParent?.traceId === traceId ? claimedParent.spanId : rootSpanOf(traceId);
  const ids = Object.entries(subject).map(([name, id]) => [name.replace("Id", ".id"), id] as const);
  const failure = top.attributes["error.type"];
  const own = {
    ...top,
    parentSpanId: isBookings ? parent : null,
    attributes: { ...top.attributes, ...Object.fromEntries(ids) },
    failure: typeof failure === "string" ? failure : null,
    endedAtMs: nowMs(settings),
  };
  for (const span of [...ended, own]) settings.collect({ ...span, traceId });
}

/** A run that makes calls without end must not fill the memory with them. */
function keep(run: Run, span: Omit<FinishedSpan, "traceId">): void {
  if (run.ended.length < MAX_SPANS) run.ended.push(span);
  else run.top.attributes["spans.dropped"] = Number(run.top.attributes["spans.dropped"] ?? 0) + 1;
}

function failureOf(thrown: unknown): string {
  return thrown instanceof PermanentError || thrown instanceof RetryableError ? thrown.code : "unexpected";
}
