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

/** The remaining time is what the work so far took, for each item that is left. */
export function makeProgress({ write, isTerminal, nowMs }: ProgressOptions): Progress {
  let begunAt: number | null = null;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    say: (line) => write(`${isTerminal ? "\r\u001b[K" : ""}${line}\n`),
    at: (done, total) => {
      const now = nowMs();
      begunAt ??= now;
      if (now - shownAt < PAUSE_MS && done < total) return;
      shownAt = now;
      const leftMs = done === 0 ? null : ((now - begunAt) / done) * Math.max(0, total - done);
      const left = leftMs === null || done >= total ? "" : `, about ${duration(leftMs / 1000)} left`;
      const line = `${done} of ${total}${left}`;
      write(isTerminal && done < total ? `\r\u001b[K${line}` : `${isTerminal ? "\r\u001b[K" : ""}${line}\n`);
    },
  };
}

/** Seconds as a person says them: `40 s`, `12 min`, `3 h`, `2 days`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
