import type { Clock } from "#kernel/clock.ts";

/** A clock whose waits end at once and move it forward by what was asked for. */
export function steppingClock(start = new Date()): Clock & { readonly waitedMs: readonly number[] } {
  const waitedMs: number[] = [];
  let nowMs = start.getTime();
  return {
    waitedMs,
    now: () => new Date(nowMs),
    wait: async (ms) => {
      waitedMs.push(ms);
      nowMs += ms;
    },
  };
}

/** A clock that is moved by hand and on which nobody may wait. */
export function standingClock(start = new Date()): Clock & { advance(ms: number): void } {
  let nowMs = start.getTime();
  return {
    now: () => new Date(nowMs),
    wait: () => Promise.reject(new Error("nobody waits on this clock")),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
