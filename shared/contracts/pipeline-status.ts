import { z } from "zod";

const counts = z.record(z.string(), z.number());
/** Seconds; null: there is none that could be old. */
const age = z.number().nullable();

/** What `read_pipeline_status` answers: counts, and ages in seconds. No personal data. */
export const pipelineStatus = z.object({
  at: z.string(),
  bookings: counts,
  neverSeenBookings: z.number(),
  failedBookings: z.number(),
  overdueBookings: z.number(),
  undoneDeletions: z.number(),
  outbox: z.object({
    waiting: z.number(),
    oldestWaitingSeconds: age,
    dead: z.number(),
    oldestDeadSeconds: age,
    deadReasons: z.array(z.string()),
  }),
  connections: counts,
  subscriptions: z.object({
    active: z.number(),
    expiring: z.number(),
    expired: z.number(),
    missing: z.number(),
    problems: z.number(),
  }),
  recordings: counts,
  failedRecordings: z.number(),
  mail: z.object({ unsent: z.number(), oldestUnsentSeconds: age, failed: z.number() }),
  rejectedInputs: z.array(z.object({ edge: z.string(), reason: z.string(), count: z.number() })),
  /** How long the oldest booking has stood in a step that somebody works on. */
  oldestSteps: z.object({ pending: age, captured: age, transcribed: age }),
  lastHour: z.object({
    failedBookings: z.number(),
    failedRecordings: z.number(),
    failedMail: z.number(),
    lostConnections: z.number(),
  }),
  /** Meetings that ended within 30 days: how many got at least so far. */
  funnel: z.object({
    confirmed: z.number(),
    scheduled: z.number(),
    captured: z.number(),
    transcribed: z.number(),
    analyzed: z.number(),
  }),
  speechMinutesLastDay: z.number(),
});
export type PipelineStatus = z.infer<typeof pipelineStatus>;

/**
 * The status as plain numbers, by the names under which keep-watch logs them and the metrics of `infra/topology` read
 * them. Without anything old an age is 0: a metric without a value would keep the last one, and its alert open.
 */
export function measuresOf(status: PipelineStatus) {
  const { outbox, subscriptions, mail, oldestSteps, lastHour, funnel } = status;
  return {
    outboxWaiting: outbox.waiting,
    outboxOldestSeconds: seconds(outbox.oldestWaitingSeconds),
    outboxDead: outbox.dead,
    bookingsOverdue: status.overdueBookings,
    bookingsFailed: status.failedBookings,
    bookingsFailedLastHour: lastHour.failedBookings,
    deletionsUndone: status.undoneDeletions,
    oldestPendingSeconds: seconds(oldestSteps.pending),
    oldestCapturedSeconds: seconds(oldestSteps.captured),
    oldestTranscribedSeconds: seconds(oldestSteps.transcribed),
    connectionsToRenew: status.connections["needs_reconnect"] ?? 0,
    connectionsLostLastHour: lastHour.lostConnections,
    subscriptionsExpiring: subscriptions.expiring,
    subscriptionsGone: subscriptions.expired + subscriptions.missing,
    recordingsFailedLastHour: lastHour.failedRecordings,
    mailUnsent: mail.unsent,
    mailOldestSeconds: seconds(mail.oldestUnsentSeconds),
    mailFailedLastHour: lastHour.failedMail,
    speechMinutesLastDay: Math.round(status.speechMinutesLastDay),
    funnelConfirmed: funnel.confirmed,
    funnelScheduled: funnel.scheduled,
    funnelCaptured: funnel.captured,
    funnelTranscribed: funnel.transcribed,
    funnelAnalyzed: funnel.analyzed,
  };
}

export type PipelineMeasure = keyof ReturnType<typeof measuresOf>;

const seconds = (value: number | null): number => Math.round(value ?? 0);
