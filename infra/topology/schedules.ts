import type { FunctionName } from "./functions.ts";

/** One Cloud Scheduler job: an authenticated POST to a function. */
export interface Schedule {
  readonly name: string;
  readonly target: FunctionName;
  readonly path: string;
  /** Unix cron, as Cloud Scheduler reads it (UTC); one minute is its finest grain. */
  readonly cron: string;
  /** The same period in seconds, for the laptop, which multiplies it by its time scale. */
  readonly everySeconds: number;
}

export const schedules = [
  { name: "sweep-outbox", target: "relay-outbox", path: "/sweep", cron: "* * * * *", everySeconds: 60 },
  { name: "sweep-calendars", target: "sync-calendar", path: "/sweep", cron: "*/5 * * * *", everySeconds: 300 },
  { name: "send-due-mail", target: "send-reminders", path: "/", cron: "* * * * *", everySeconds: 60 },
  { name: "keep-watch", target: "keep-watch", path: "/", cron: "*/5 * * * *", everySeconds: 300 },
] as const satisfies readonly Schedule[];
