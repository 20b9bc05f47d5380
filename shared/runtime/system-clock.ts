import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#kernel/clock.ts";

/** The machine's clock; the only place that reads it. */
export const systemClock: Clock = {
  now: () => new Date(),
  wait: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
