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
  /** Sends what is there; resolves within a second whatever happens, and never throws. */
  flush(): Promise<void>;
}

/** The longest that an answer waits for its spans. */
const FLUSH_MS = 1_000;
/** After a failure nothing is sent for this long: a dead trace store must not cost every delivery a second. */
const REST_MS = 30_000;
/** A run with more spans sends them as it goes, so that a long drain of the outbox keeps few in memory. */
const SPANS_PER_REQUEST = 256;

/** Sends spans before the answer, since Cloud Run takes the CPU away after it; what cannot be sent is dropped. */
export function makeSpanSender({ exporter, clock, log }: SpanSenderOptions): () => SpanBatch {
  let restsUntilMs = 0;
  let hasWarned = false;
  const rest = (why: string): void => {
    restsUntilMs = clock.now().getTime() + REST_MS;
    if (!hasWarned) log.warn({ error: why }, "spans are dropped: the trace store does not take them");
    hasWarned = true;
  };
  const send = async (spans: readonly FinishedSpan[]): Promise<void> => {
    if (spans.length === 0 || clock.now().getTime() < restsUntilMs) return;
    try {
      // Once more, because a connection that was kept may have died while the instance had no CPU.
      await exporter.export(spans).catch(() => exporter.export(spans));
    } catch (thrown) {
      rest(safeErrorText(asError(thrown)));
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
        if (!(await endsWithin(clock, FLUSH_MS, Promise.all(sending)))) rest(`no answer within ${FLUSH_MS} ms`);
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
