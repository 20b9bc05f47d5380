/** Tells a person how far long work is; everything goes to stderr. */
export interface Progress {
  /** One line, kept. */
  say(line: string): void;
  /** Where the work stands; shown at most every second, on a terminal in place. */
  at(done: number, total: number): void;
}

const PAUSE_MS = 1_000;

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly nowMs: () => number;
}

/** Far enough back that a batch more or less does not matter, and near enough to follow work that changes its pace. */
const WINDOW_MS = 30_000;
/** The first results of a start say nothing of the pace. */
const LEAST_MS = 5_000;

/** The remaining time is what the last half minute's work took, for each item that is left. */
export function makeProgress({ write, isTerminal, nowMs }: ProgressOptions): Progress {
  const samples: { readonly atMs: number; readonly done: number }[] = [];
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    say: (line) => write(`${isTerminal ? "\r\u001b[K" : ""}${line}\n`),
    at: (done, total) => {
      const now = nowMs();
      if (now - shownAt < PAUSE_MS && done < total && samples.length > 0) return;
      shownAt = now;
      // Before the first result there is no pace: the time begins with it.
      if (samples.length === 1 && samples[0]?.done === done) samples.pop();
      samples.push({ atMs: now, done });
      while (samples.length > 2 && now - (samples[1]?.atMs ?? now) >= WINDOW_MS) samples.shift();
      const line = `${done} of ${total}${leftOf(samples, total - done)}`;
      write(isTerminal && done < total ? `\r\u001b[K${line}` : `${isTerminal ? "\r\u001b[K" : ""}${line}\n`);
    },
  };
}

/** Nothing is said while little was done: any number would be a guess. */
function leftOf(samples: readonly { readonly atMs: number; readonly done: number }[], left: number): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || left <= 0 || last.done <= first.done) return "";
  if (last.atMs - first.atMs < LEAST_MS) return "";
  const leftMs = ((last.atMs - first.atMs) / (last.done - first.done)) * left;
  return `, about ${duration(leftMs / 1000)} left`;
}

/** Seconds as a person says them: `40 s`, `12 min`, `3 h`, `2 days`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
