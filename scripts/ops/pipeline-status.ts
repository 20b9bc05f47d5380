import type { PipelineStatus } from "#contracts/pipeline-status.ts";
import { thresholds } from "#topology/thresholds.ts";

interface Trouble {
  readonly count: (status: PipelineStatus) => number;
  /** A sentence with its number, and the command or place that helps. */
  readonly sentence: (count: number, status: PipelineStatus) => string;
}

/** What makes `status` fail. Consultants who have to connect again were told by mail and are no fault of the system. */
const TROUBLES: readonly Trouble[] = [
  {
    count: ({ outbox }) => outbox.dead,
    sentence: (count, { outbox }) =>
      `${counted(count, "message")} could not be published and ${count === 1 ? "was" : "were"} set aside${because(outbox.deadReasons)}; mend the cause, then: npm run ops -- replay --yes`,
  },
  {
    count: ({ outbox }) => ((outbox.oldestWaitingSeconds ?? 0) > thresholds.outboxLateSeconds ? outbox.waiting : 0),
    sentence: (count, { outbox }) =>
      `${counted(count, "message")} ${count === 1 ? "waits" : "wait"} for the relay, the oldest for ${Math.round((outbox.oldestWaitingSeconds ?? 0) / 60)} min; look at relay-outbox and its schedule: npm run ops -- doctor`,
  },
  {
    count: ({ failedBookings }) => failedBookings,
    sentence: (count) =>
      `${counted(count, "booking")} failed; public.overdue_bookings lists them with their reasons, npm run ops -- explain ID tells the story`,
  },
  {
    count: ({ overdueBookings }) => overdueBookings,
    sentence: (count) =>
      `${counted(count, "booking")} ${count === 1 ? "stands" : "stand"} still for more than 10 minutes; keep-watch asks again by itself, public.overdue_bookings lists them`,
  },
  {
    count: ({ undoneDeletions }) => undoneDeletions,
    sentence: (count) =>
      `the calendar events of ${counted(count, "deleted booking")} are still there; npm run ops -- resync --all --yes asks again`,
  },
  {
    count: ({ subscriptions: { expired, missing } }) => expired + missing,
    sentence: (count, { subscriptions }) =>
      `${counted(count, "connected consultant")} without a live Google subscription (${subscriptions.problems} with a reason from Google in private.workspace_subscriptions); look at the schedule of keep-watch`,
  },
  {
    count: ({ failedRecordings }) => failedRecordings,
    sentence: (count) =>
      `${counted(count, "recording")} failed in the last 7 days; npm run ops -- replay --failed-recordings says why, and which can be helped`,
  },
  {
    count: ({ mail }) => mail.failed,
    sentence: (count) => `${counted(count, "mail")} could not be sent in the last 7 days; private.messages says why`,
  },
  {
    count: ({ mail }) => ((mail.oldestUnsentSeconds ?? 0) > thresholds.mailLateSeconds ? mail.unsent : 0),
    sentence: (count, { mail }) =>
      `${counted(count, "mail")} ${count === 1 ? "is" : "are"} due, the oldest for ${Math.round((mail.oldestUnsentSeconds ?? 0) / 60)} min; look at send-reminders, its schedule and SMTP_HOST`,
  },
];

/** What is wrong, one sentence each; empty when nothing is. */
export function problemsOf(status: PipelineStatus): string[] {
  return TROUBLES.flatMap(({ count, sentence }) => {
    const found = count(status);
    return found > 0 ? [sentence(found, status)] : [];
  });
}

function because([reason, ...more]: readonly string[]): string {
  if (reason === undefined) return "";
  return more.length === 0 ? ` (${reason})` : ` (${reason}; and ${counted(more.length, "other reason")})`;
}

/** `1 booking`, `1200 bookings`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
