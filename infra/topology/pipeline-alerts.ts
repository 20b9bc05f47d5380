import { type Alert, above } from "./alert.ts";
import { thresholds } from "./thresholds.ts";

const HOUR = 3_600;

/** What the database knows: compared are the numbers of the line that keep-watch writes in every run. */
export const pipelineAlerts: readonly Alert[] = [
  {
    name: "outbox-late",
    title: "Changes of bookings are not passed on",
    severity: "CRITICAL",
    means: "Messages wait in the outbox although the relay sweeps every minute. No booking goes on until they move.",
    command: "npm run ops -- doctor",
    conditions: [
      // One late look is enough: the age says by itself for how long.
      above("outboxOldestSeconds", thresholds.outboxLateSeconds, {
        says: "the oldest message waits for more than 5 minutes",
      }),
    ],
  },
  {
    name: "outbox-dead",
    title: "Messages were set aside",
    severity: "ERROR",
    means:
      "Pub/Sub refused messages of the outbox for good. Their bookings stand still until the messages are replayed.",
    command: "npm run ops -- replay",
    conditions: [above("outboxDead", 0, { says: "there is a message that was set aside" })],
  },
  {
    name: "stuck-bookings",
    title: "Bookings stand still",
    severity: "ERROR",
    means: "A booking has stood in one step for longer than keep-watch's own repairs take to help.",
    command: "npm run ops -- explain BOOKING",
    conditions: [
      above("oldestPendingSeconds", thresholds.stepLateSeconds.pending, {
        says: "a booking waits for its calendar event for more than 30 minutes",
      }),
      above("oldestCapturedSeconds", thresholds.stepLateSeconds.captured, {
        says: "a recording waits for its transcript for more than 2.5 hours",
      }),
      above("oldestTranscribedSeconds", thresholds.stepLateSeconds.transcribed, {
        says: "a transcript waits for its insights for more than 30 minutes",
      }),
      above("deletionsUndone", 0, {
        says: "the calendar event of a deleted booking is still there after 40 minutes",
        forSeconds: thresholds.stepLateSeconds.pending,
      }),
    ],
  },
  {
    name: "failures",
    title: "Bookings or recordings failed",
    severity: "ERROR",
    means: "The pipeline gave a booking or a recording up within the last hour. The row says why, and what to do.",
    command: "npm run ops -- status",
    conditions: [
      above("bookingsFailedLastHour", 0, { says: "a booking failed within the last hour" }),
      above("recordingsFailedLastHour", 0, { says: "a recording failed within the last hour" }),
    ],
  },
  {
    name: "subscription-expiring",
    title: "A Google Workspace subscription ends",
    severity: "ERROR",
    means:
      "Google is about to stop, or has stopped, telling us about a consultant's recordings. keep-watch still searches.",
    command: "npm run ops -- status",
    conditions: [
      above("subscriptionsExpiring", 0, { says: "a subscription ends within a day", forSeconds: HOUR }),
      // Whoever has just connected is without one until the next run of keep-watch or the one after it.
      above("subscriptionsGone", 0, { says: "a connected consultant has no live subscription", forSeconds: HOUR }),
    ],
  },
  {
    name: "speech-spend",
    title: "Speech is used more than expected",
    severity: "WARNING",
    means: "More audio was given to Speech-to-Text within a day than the environment expects. It is the largest cost.",
    command: "npm run ops -- cost",
    conditions: [
      above("speechMinutesLastDay", thresholds.speechMinutesPerDay, {
        says: "the day's minutes are above the environment's limit",
        unlessSetBy: "speechMinutesPerDay",
      }),
    ],
  },
];
