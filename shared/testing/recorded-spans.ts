import type { Clock } from "#kernel/clock.ts";
import type { FinishedSpan, SpanExporter } from "#ports/span-exporter.ts";
import type { Logger } from "#runtime/logger.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { makeTracing, type Tracing } from "#runtime/tracing.ts";

/** A trace store in memory; it takes what it is given until `refuse` is set. */
export function recordedSpans(): SpanExporter & { readonly spans: FinishedSpan[]; refuse: Error | null } {
  const spans: FinishedSpan[] = [];
  const store = {
    spans,
    refuse: null as Error | null,
    prepare: () => undefined,
    export: async (some: readonly FinishedSpan[]) => {
      if (store.refuse !== null) throw store.refuse;
      spans.push(...some);
    },
  };
  return store;
}

export interface TestTracingOptions {
  readonly exporter?: SpanExporter;
  readonly sampled?: number;
  readonly clock?: Clock;
}

/** Tracing as a function has it, for one that is served in a test; spans go nowhere unless there is an exporter. */
export function testTracing(log: Logger, options: TestTracingOptions = {}): Tracing {
  const { exporter = null, sampled = 1, clock = systemClock } = options;
  const config = { GOOGLE_CLOUD_PROJECT_ID: "booking-insights-local", TRACES_SAMPLED: sampled };
  return makeTracing({ name: "a-function", config, clock, log, exporter });
}
