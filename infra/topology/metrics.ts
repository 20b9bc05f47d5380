import type { PipelineMeasure } from "#contracts/pipeline-status.ts";
import { type FunctionName, functions } from "./functions.ts";

/** A log-based metric: it counts the lines that the filter finds, or takes a number out of each. */
export interface LogMetric {
  readonly name: string;
  readonly description: string;
  /** In Cloud Logging's query language; a test evaluates it against lines that the functions really write. */
  readonly filter: string;
  /** In UCUM, as Cloud Monitoring wants it. */
  readonly unit: "1" | "s" | "min";
  /** The field of the number; without it lines are counted. */
  readonly valueField?: string;
  /**
   * Label -> field. Each combination of values is a time series that is paid for: only fields with few values, which are
   * written in our source. Never an id.
   */
  readonly labels?: Readonly<Record<string, string>>;
}

const linesOf = (names: readonly FunctionName[]): string =>
  `resource.type="cloud_run_revision" AND resource.labels.service_name=(${names.map((name) => `"${name}"`).join(" OR ")})`;

const STATUS_LINES = `${linesOf(["keep-watch"])} AND jsonPayload.report="pipeline_status"`;

const count = (description: string) => ({ unit: "1", description }) as const;
const seconds = (description: string) => ({ unit: "s", description }) as const;

/** The numbers of the line that keep-watch writes in every run. */
const MEASURES: Readonly<Record<PipelineMeasure, Pick<LogMetric, "unit" | "description">>> = {
  outboxWaiting: count("Messages that wait for the relay"),
  outboxOldestSeconds: seconds("Age of the oldest message that waits for the relay"),
  outboxDead: count("Messages that could not be published and were set aside"),
  bookingsOverdue: count("Bookings that have stood in a step for more than ten minutes"),
  bookingsFailed: count("Failed bookings of the last week or with a meeting ahead"),
  bookingsFailedLastHour: count("Bookings that failed within the last hour"),
  deletionsUndone: count("Deleted bookings whose calendar events are still there"),
  oldestPendingSeconds: seconds("Longest wait of a booking for its calendar event"),
  oldestCapturedSeconds: seconds("Longest wait of a recording for its transcript"),
  oldestTranscribedSeconds: seconds("Longest wait of a transcript for its insights"),
  connectionsToRenew: count("Consultants who have to connect Google again"),
  connectionsLostLastHour: count("Consultants whose Google access ended within the last hour"),
  subscriptionsExpiring: count("Subscriptions to a consultant's meetings that end within a day"),
  subscriptionsGone: count("Connected consultants whose subscription has expired or never was made"),
  recordingsFailedLastHour: count("Recordings that failed within the last hour"),
  mailUnsent: count("Mails that are due"),
  mailOldestSeconds: seconds("Age of the oldest mail that is due"),
  mailFailedLastHour: count("Mails that were given up within the last hour"),
  speechMinutesLastDay: { unit: "min", description: "Minutes of audio given to Speech within the last day" },
  funnelConfirmed: count("Meetings that ended within 30 days"),
  funnelScheduled: count("Of these: with a calendar event"),
  funnelCaptured: count("Of these: with a recording"),
  funnelTranscribed: count("Of these: with a transcript"),
  funnelAnalyzed: count("Of these: with insights"),
};

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `outboxDead` -> `pipeline_outbox_dead`. */
export const statusMetricName = (measure: PipelineMeasure): string => `pipeline_${snakeCase(measure)}`;

const statusMetrics: readonly LogMetric[] = Object.entries(MEASURES).map(([measure, { unit, description }]) => ({
  name: statusMetricName(measure as PipelineMeasure),
  ...{ unit, description, filter: STATUS_LINES, valueField: `jsonPayload.${measure}` },
}));

/** Counts of lines. */
const lineMetrics = [
  {
    name: "pipeline_status_reports",
    description: "Runs of keep-watch that said where the pipeline stands",
    filter: STATUS_LINES,
    unit: "1",
  },
  {
    name: "pipeline_outcomes",
    description: "How runs of the functions ended: done, ignored, parked, retry, refused, rejected",
    filter: `${linesOf(functions.map(({ name }) => name))} AND jsonPayload.outcome:*`,
    unit: "1",
    labels: { outcome: "jsonPayload.outcome", code: "jsonPayload.code" },
  },
  {
    name: "pipeline_duty_failures",
    description: "Duties of keep-watch that failed",
    filter: `${linesOf(["keep-watch"])} AND jsonPayload.duty:* AND severity="ERROR"`,
    unit: "1",
    labels: { duty: "jsonPayload.duty" },
  },
  {
    name: "pipeline_sign_in_errors",
    description: "Errors while a consultant connects or disconnects Google",
    filter: `${linesOf(["google-auth"])} AND severity="ERROR"`,
    // No label: anyone may call google-auth, and its lines say which path was called.
    unit: "1",
  },
] as const satisfies readonly LogMetric[];

export type LineMetricName = (typeof lineMetrics)[number]["name"];

export const logMetrics: readonly LogMetric[] = [...statusMetrics, ...lineMetrics];
