import { setTimeout as delay } from "node:timers/promises";
import { type Schedule, schedules } from "../../infra/topology/schedules.ts";
import { audienceOf, schedulerIdentity } from "./local-project.ts";

export interface SchedulerOptions {
  readonly timeScale: number;
  readonly functionUrl: (name: string) => string;
  readonly mintIdToken: (claims: { email: string; audience: string }) => Promise<string>;
  /** Cloud Scheduler as its administrators see it: which jobs are paused, and what came of each attempt. */
  readonly jobs: {
    isEnabled(job: string): boolean;
    recordAttempt(job: string, code: number): void;
    onRun(run: (job: string) => void): void;
  };
}

/** A job that runs longer than this is given up on, as Cloud Scheduler does; the next period calls again. */
const ATTEMPT_DEADLINE_MS = 60_000;

/** Cloud Scheduler on the laptop: calls each job of the topology at its scaled period until stopped. */
export function startScheduler(options: SchedulerOptions): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const jobs = schedules.map(async (schedule) => {
    while (!stopped.signal.aborted) {
      await delay(schedule.everySeconds * 1000 * options.timeScale, undefined, { signal: stopped.signal }).catch(
        () => undefined,
      );
      if (!stopped.signal.aborted && options.jobs.isEnabled(schedule.name)) await attempt(schedule, options);
    }
  });
  options.jobs.onRun((name) => {
    const schedule = schedules.find((one) => one.name === name);
    if (schedule !== undefined && !stopped.signal.aborted) void attempt(schedule, options);
  });
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all(jobs);
    },
  };
}

/** HTTP status -> google.rpc.Code, as Cloud Scheduler shows what came of an attempt. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14, 504: 4 };
const UNKNOWN = 2;
const UNAVAILABLE = 14;

/** One attempt; a function that is down or refuses is called again at the next period. */
async function attempt(schedule: Schedule, options: SchedulerOptions): Promise<void> {
  const status = await call(schedule, options).catch(() => null);
  const code = status === null ? UNAVAILABLE : status < 300 ? 0 : (CODES[status] ?? UNKNOWN);
  options.jobs.recordAttempt(schedule.name, code);
}

async function call({ path, target }: Schedule, { functionUrl, mintIdToken }: SchedulerOptions): Promise<number> {
  const url = new URL(path, functionUrl(target)).href;
  const token = await mintIdToken({ email: schedulerIdentity, audience: audienceOf(target) });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(ATTEMPT_DEADLINE_MS);
  const answer = await fetch(url, { method: "POST", body: "{}", headers, signal });
  await answer.arrayBuffer();
  return answer.status;
}
