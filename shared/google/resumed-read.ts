import type { Readable } from "node:stream";
import type { Clock } from "#kernel/clock.ts";
import { asError, PermanentError, RetryableError } from "#kernel/verdicts.ts";

export interface ResumedReadOptions {
  /** Named in errors. */
  readonly api: string;
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly idleMs: number;
  readonly clock: Clock;
  /** Asks for the bytes from `from` to the end; `startsAt` is where the answer really begins. */
  readonly open: (from: number, signal: AbortSignal) => Promise<{ readonly body: Readable; readonly startsAt: number }>;
}

/** Connections in a row that may bring nothing before the read is given up. */
const MAX_BARREN_TRIES = 3;
/** A download that breaks more often than this is left to a later delivery. */
const MAX_TRIES = 50;

/** Yields exactly the bytes from `start` to `end`, going on after broken, silent or short answers. */
export async function* resumedRead(options: ResumedReadOptions): AsyncGenerator<Uint8Array, void, undefined> {
  let position = options.start;
  let barren = 0;
  let last: Error | null = null;
  for (let tries = 0; position < options.end; tries += 1) {
    if (barren >= MAX_BARREN_TRIES || tries >= MAX_TRIES) {
      const at = `${position - options.start} of ${options.end - options.start} bytes`;
      throw new RetryableError(`Google ${options.api} broke off the download again and again (${at} arrived).`, {
        code: "download_interrupted",
        cause: last,
      });
    }
    const before = position;
    try {
      for await (const bytes of oneAnswer(options, position)) {
        position += bytes.length;
        yield bytes;
      }
    } catch (thrown) {
      // What the consumer or the error table decided stands; only a broken connection is continued.
      if (thrown instanceof PermanentError) throw thrown;
      last = asError(thrown);
      if (last instanceof RetryableError && last.retryAfterMs !== undefined) throw last;
    }
    barren = position > before ? 0 : barren + 1;
  }
}

async function* oneAnswer(options: ResumedReadOptions, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  const watch = makeIdleWatch(options);
  let body: Readable | null = null;
  try {
    const answer = await watch.during(options.open(from, watch.broken));
    body = answer.body;
    watch.broken.addEventListener("abort", () => answer.body.destroy(watch.broken.reason));
    if (answer.startsAt > from || Number.isNaN(answer.startsAt)) throw new Error("the answer is of another range");
    let skip = from - answer.startsAt;
    let left = options.end - from;
    const iterator = body[Symbol.asyncIterator]();
    while (left > 0) {
      const { value, done } = await watch.during(iterator.next());
      if (done === true) return;
      const bytes: Uint8Array = value.subarray(skip, skip + left);
      skip = Math.max(0, skip - value.length);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } finally {
    watch.stop();
    body?.destroy();
  }
}

interface IdleWatch {
  /** Aborts when the connection has been silent for too long. */
  readonly broken: AbortSignal;
  /** Time counts as silent only while this waits. */
  during<Answer>(work: Promise<Answer>): Promise<Answer>;
  stop(): void;
}

/**
 * Breaks a connection off that is silent for `idleMs` while somebody waits for it; time in which nobody reads is the
 * consumer's own. One timer per period instead of one per piece, and no race with a promise that outlives the pieces:
 * it would keep every one of them in memory.
 */
function makeIdleWatch({ clock, idleMs, api }: ResumedReadOptions): IdleWatch {
  const stopped = new AbortController();
  const broken = new AbortController();
  let waits = 0;
  let waiting = false;
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const seen = waits;
      const wasWaiting = waiting;
      await clock.wait(idleMs, stopped.signal);
      if (!wasWaiting || !waiting || waits !== seen) continue;
      broken.abort(new RetryableError(`Google ${api} fell silent`, { code: "download_silent" }));
      return;
    }
  };
  // It ends by being stopped, which the clock reports as an error.
  watch().catch(() => undefined);
  return {
    broken: broken.signal,
    during: async (work) => {
      waits += 1;
      waiting = true;
      try {
        return await work;
      } finally {
        waiting = false;
      }
    },
    stop: () => stopped.abort(),
  };
}
