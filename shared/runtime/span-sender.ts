import type { Clock } from "#kernel/clock.ts";
import { asError } from "#kernel/verdicts.ts";
import type { FinishedSpan, SpanExporter } from "#ports/span-exporter.ts";
import { type Logger, safeErrorText } from "#runtime/logger.ts";

export interface SpanSenderOptions {
  readonly exporter: SpanExporter;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The spans of one run on their way. */
export interface SpanBatch {
  add(span: FinishedSpan): void;
  /** Sends what is there; resolves within a second, sent or not, and never throws. */
  flush(): Promise<void>;
}

/** The longest that an answer waits for its spans. */
const FLUSH_MS = 1_000;
/** After it was too slow nobody waits for it for this long, and after a failure nothing is sent for this long. */
const REST_MS = 30_000;
/** Requests under way at once: three times the runs that an instance serves at once, then spans are dropped. */
const MAX_PENDING = 64;
/** A run with more spans sends them as it goes, so that a long drain of the outbox keeps few in memory. */
const SPANS_PER_REQUEST = 256;

/**
 * Sends spans before the answer, since Cloud Run takes the CPU away after it. An answer that has waited long enough
 * goes out all the same; its spans follow when they can. What the trace store refuses is dropped.
 */
export function makeSpanSender({ exporter, clock, log }: SpanSenderOptions): () => SpanBatch {
  let restsUntilMs = 0;
  let hurriesUntilMs = 0;
  let pending = 0;
  let hasWarned = false;
  const nowMs = (): number => clock.now().getTime();
  const warn = (why: string): void => {
    if (!hasWarned) log.warn({ error: why }, "spans are dropped: the trace store does not take them");
    hasWarned = true;
  };
  const send = async (spans: readonly FinishedSpan[]): Promise<void> => {
    if (spans.length === 0 || nowMs() < restsUntilMs) return;
    if (pending >= MAX_PENDING) return warn(`${pending} requests are waiting for an answer`);
    pending += 1;
    try {
      await exporter.export(spans);
    } catch (thrown) {
      restsUntilMs = nowMs() + REST_MS;
      warn(safeErrorText(asError(thrown)));
    } finally {
      pending -= 1;
    }
  };
  return () => {
    const ready: FinishedSpan[] = [];
    const sending: Promise<void>[] = [];
    return {
      add: (span) => {
        ready.push(span);
        if (ready.length >= SPANS_PER_REQUEST) sending.push(send(ready.splice(0)));
      },
      flush: async () => {
        sending.push(send(ready.splice(0)));
        if (nowMs() < hurriesUntilMs) return;
        if (!(await endsWithin(clock, FLUSH_MS, Promise.all(sending)))) hurriesUntilMs = nowMs() + REST_MS;
      },
    };
  };
}

async function endsWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController();
  const late = clock.wait(ms, stop.signal).then(
    () => false,
    () => true,
  );
  const ended = await Promise.race([work.then(() => true), late]);
  stop.abort();
  return ended;
}
