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
  const broken = new AbortController();
  const watch = makeIdleWatch(options, broken);
  let body: Readable | null = null;
  try {
    const answer = await watch.during(options.open(from, broken.signal));
    body = answer.body;
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

/**
 * Breaks a connection off that is silent for `idleMs` while somebody waits for it; time in which nobody reads is the
 * consumer's own. One timer per period instead of one per piece.
 */
function makeIdleWatch({ clock, idleMs, api }: ResumedReadOptions, broken: AbortController) {
  const stopped = new AbortController();
  let waits = 0;
  let waiting = false;
  let fail: (error: Error) => void = () => undefined;
  const silence = new Promise<never>((_, reject) => {
    fail = reject;
  });
  silence.catch(() => undefined);
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const seen = waits;
      const wasWaiting = waiting;
      await clock.wait(idleMs, stopped.signal);
      if (!wasWaiting || !waiting || waits !== seen) continue;
      const error = new RetryableError(`Google ${api} fell silent`, { code: "download_silent" });
      fail(error);
      broken.abort(error);
      return;
    }
  };
  watch().catch(() => undefined);
  return {
    during: async <T>(work: Promise<T>): Promise<T> => {
      waits += 1;
      waiting = true;
      try {
        return await Promise.race([work, silence]);
      } finally {
        waiting = false;
      }
    },
    stop: () => stopped.abort(),
  };
}
