import { setTimeout as delay } from "node:timers/promises";
import { schedules } from "../../infra/topology/schedules.ts";
import { audienceOf, schedulerIdentity } from "./local-project.ts";

export interface SchedulerOptions {
  readonly timeScale: number;
  readonly functionUrl: (name: string) => string;
  readonly mintIdToken: (claims: { email: string; audience: string }) => Promise<string>;
}

/** A job that runs longer than this is given up on, as Cloud Scheduler does; the next period calls again. */
const ATTEMPT_DEADLINE_MS = 60_000;

/** Cloud Scheduler on the laptop: calls each job of the topology at its scaled period until stopped. */
export function startScheduler(options: SchedulerOptions): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const jobs = schedules.map(async (schedule) => {
    const url = new URL(schedule.path, options.functionUrl(schedule.target)).href;
    while (!stopped.signal.aborted) {
      await delay(schedule.everySeconds * 1000 * options.timeScale, undefined, { signal: stopped.signal }).catch(
        () => undefined,
      );
      if (!stopped.signal.aborted) await call(url, schedule.target, options).catch(() => undefined);
    }
  });
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all(jobs);
    },
  };
}

/** One attempt; a function that is down or refuses is called again at the next period. */
async function call(url: string, target: string, { mintIdToken }: SchedulerOptions): Promise<void> {
  const token = await mintIdToken({ email: schedulerIdentity, audience: audienceOf(target) });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(ATTEMPT_DEADLINE_MS);
  const answer = await fetch(url, { method: "POST", body: "{}", headers, signal });
  await answer.arrayBuffer();
}
