/** OpenTelemetry's kinds that occur here. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** What a span is described with; ids, codes and counts, never a text or a name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** One piece of work that has ended. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the first span of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970, with fractions. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly attributes: SpanAttributes;
  /** Why it failed, as a code; null when it did not. */
  readonly failure: string | null;
  /** A span of another trace that this one happened within. */
  readonly link: { readonly traceId: string; readonly spanId: string } | null;
}

export interface SpanExporter {
  /** Gets ready for the first export while there is something else to wait for; never throws. */
  prepare(): void;
  /** Hands spans to the trace store; throws when it did not take them. */
  export(spans: readonly FinishedSpan[]): Promise<void>;
}
