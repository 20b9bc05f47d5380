import type { PipelineMeasure } from "#contracts/pipeline-status.ts";
import type { Dashboard, Section, Tile } from "./dashboard.ts";
import type { Signal, Where } from "./signals.ts";
import { subscriptions } from "./subscriptions.ts";
import { thresholds } from "./thresholds.ts";
import { topics } from "./topics.ts";

const HOUR = 3_600;
const status = (measure: PipelineMeasure): Signal => ({ kind: "status", measure });
const number = (title: string, measure: PipelineMeasure): Tile => ({ kind: "number", title, signal: status(measure) });

const SUBSCRIPTION = { resource: "pubsub_subscription", by: "subscription_id" } as const;
const queues: Where = { subscription_id: subscriptions.map(({ name }) => name) };
const deadLetters: Where = { subscription_id: topics.map(({ deadLetterTopic }) => deadLetterTopic) };

const funnel: Section = {
  title: "From booking to insights",
  subtitle: "Meetings that ended within the last 30 days, by how far they got",
  tiles: [
    number("Confirmed", "funnelConfirmed"),
    number("With a calendar event", "funnelScheduled"),
    number("With a recording", "funnelCaptured"),
    number("With a transcript", "funnelTranscribed"),
    number("With insights", "funnelAnalyzed"),
    number("Failed, still to be mended", "bookingsFailed"),
  ],
};

const ages: Section = {
  title: "Age of the oldest step",
  subtitle: "How long the booking that has waited longest stands in each step",
  tiles: [
    {
      kind: "chart",
      title: "Outbox: oldest message (s)",
      series: { outbox: status("outboxOldestSeconds") },
      limit: thresholds.outboxLateSeconds,
    },
    {
      kind: "chart",
      title: "Booking to calendar event (s)",
      series: { pending: status("oldestPendingSeconds") },
      limit: thresholds.stepLateSeconds.pending,
    },
    {
      kind: "chart",
      title: "Recording to transcript (s)",
      series: { captured: status("oldestCapturedSeconds") },
      limit: thresholds.stepLateSeconds.captured,
    },
    {
      kind: "chart",
      title: "Transcript to insights (s)",
      series: { transcribed: status("oldestTranscribedSeconds") },
      limit: thresholds.stepLateSeconds.transcribed,
    },
    {
      kind: "chart",
      title: "Oldest mail that is due (s)",
      series: { mail: status("mailOldestSeconds") },
      limit: thresholds.mailLateSeconds,
    },
    {
      kind: "chart",
      title: "Waiting",
      series: {
        "messages for the relay": status("outboxWaiting"),
        "bookings for more than 10 minutes": status("bookingsOverdue"),
        "mails that are due": status("mailUnsent"),
        "events of deleted bookings": status("deletionsUndone"),
      },
    },
    {
      kind: "chart",
      title: "Failed within the last hour",
      series: {
        bookings: status("bookingsFailedLastHour"),
        recordings: status("recordingsFailedLastHour"),
        mails: status("mailFailedLastHour"),
      },
    },
    {
      kind: "chart",
      title: "Google access",
      series: {
        "consultants to connect again": status("connectionsToRenew"),
        "subscriptions that end within a day": status("subscriptionsExpiring"),
        "subscriptions gone": status("subscriptionsGone"),
      },
    },
  ],
};

const retries: Section = {
  title: "Retries and dead letters",
  subtitle: "What is tried again and why, and what was given up",
  tiles: [
    {
      kind: "chart",
      title: "Retries an hour, by cause",
      stacked: true,
      series: {
        "by cause": {
          ...{ kind: "lines", metric: "pipeline_outcomes", by: "code", windowSeconds: HOUR },
          where: { outcome: ["retry"] },
        },
      },
    },
    {
      kind: "chart",
      title: "Parked, refused and rejected an hour, by cause",
      stacked: true,
      series: {
        "by cause": {
          ...{ kind: "lines", metric: "pipeline_outcomes", by: "code", windowSeconds: HOUR },
          where: { outcome: ["parked", "refused", "rejected"] },
        },
      },
    },
    {
      kind: "chart",
      title: "Oldest unacknowledged message (s)",
      series: {
        "by subscription": {
          ...{ kind: "highest", metric: "pubsub.googleapis.com/subscription/oldest_unacked_message_age" },
          ...{ ...SUBSCRIPTION, where: queues },
        },
      },
      limit: thresholds.pushLateSeconds,
    },
    {
      kind: "chart",
      title: "Dead letters that wait",
      series: {
        "by subscription": {
          ...{ kind: "highest", metric: "pubsub.googleapis.com/subscription/num_undelivered_messages" },
          ...{ ...SUBSCRIPTION, where: deadLetters },
        },
        "outbox: set aside": status("outboxDead"),
      },
    },
  ],
};

/** Whether bookings get to their insights, and what holds them up. */
export const pipelineDashboard: Dashboard = {
  name: "pipeline",
  title: "Pipeline",
  sections: [
    {
      title: "Open incidents",
      subtitle: "Each names its page in docs/runbooks",
      tiles: [{ kind: "incidents", title: "Incidents" }],
    },
    funnel,
    ages,
    retries,
  ],
};
