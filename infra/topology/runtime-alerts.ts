import { type Alert, above } from "./alert.ts";
import { subscriptions } from "./subscriptions.ts";
import { thresholds } from "./thresholds.ts";
import { topics } from "./topics.ts";

const MINUTE = 60;
const HOUR = 3_600;

/** Retries that end only when we mend something of ours: the OAuth client, the Vault key of the tokens. */
const OUR_TOKEN_TROUBLE = ["google_oauth_client", "google_token_unreadable", "database_TKKEY"];
/** Errors that no code foresaw, and the API that somebody switched off in our project. */
const UNFORESEEN = ["unexpected", "google_api_disabled"];

/** What Google's metrics of queues and functions know, and the functions' own lines. */
export const runtimeAlerts: readonly Alert[] = [
  {
    name: "dead-letters",
    title: "A dead letter waits",
    severity: "ERROR",
    means:
      "A function refused a message 30 times. It waits in a dead letter subscription for 14 days, then it is gone.",
    command: "npm run ops -- replay --dead-letters",
    conditions: [
      {
        says: "a dead letter subscription is not empty",
        signal: {
          kind: "highest",
          metric: "pubsub.googleapis.com/subscription/num_undelivered_messages",
          resource: "pubsub_subscription",
          where: { subscription_id: topics.map(({ deadLetterTopic }) => deadLetterTopic) },
          by: "subscription_id",
        },
        is: ">",
        than: 0,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "push-backlog",
    title: "Messages are delivered and not accepted",
    severity: "ERROR",
    means: "A message has been pushed to its function for half an hour without being acknowledged.",
    command: "npm run ops -- status",
    conditions: [
      {
        says: "the oldest unacknowledged message is older than 30 minutes",
        signal: {
          kind: "highest",
          metric: "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
          resource: "pubsub_subscription",
          where: { subscription_id: subscriptions.map(({ name }) => name) },
          by: "subscription_id",
        },
        is: ">",
        than: thresholds.pushLateSeconds,
        forSeconds: 5 * MINUTE,
      },
    ],
  },
  {
    name: "token-failures",
    title: "Google access of consultants fails",
    severity: "CRITICAL",
    means:
      "Our OAuth client or the key of the stored tokens is refused, or several consultants lost their access at once.",
    command: "npm run ops -- doctor",
    conditions: [
      {
        says: "our OAuth client or token key failed three times within 15 minutes",
        signal: {
          kind: "lines",
          metric: "pipeline_outcomes",
          where: { code: OUR_TOKEN_TROUBLE },
          windowSeconds: 15 * MINUTE,
        },
        is: ">=",
        than: 3,
        forSeconds: 0,
      },
      above("connectionsLostLastHour", thresholds.lostConnectionsPerHour, {
        says: "three consultants lost their access within an hour",
        is: ">=",
      }),
    ],
  },
  {
    name: "sign-in-errors",
    title: "Consultants cannot connect Google",
    severity: "ERROR",
    means: "The page on which consultants connect or disconnect Google failed for a reason that is not theirs.",
    command: "npm run ops -- doctor",
    conditions: [
      {
        says: "google-auth logged three errors within an hour",
        signal: { kind: "lines", metric: "pipeline_sign_in_errors", windowSeconds: HOUR },
        is: ">=",
        than: 3,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "mail-failing",
    title: "Mail does not go out",
    severity: "ERROR",
    means: "Confirmations and requests to connect Google again wait or were given up. Customers have no link.",
    command: "npm run ops -- status",
    conditions: [
      above("mailOldestSeconds", thresholds.mailLateSeconds, {
        says: "the oldest mail is due for more than 15 minutes",
        forSeconds: 10 * MINUTE,
      }),
      above("mailFailedLastHour", 0, { says: "a mail was given up within the last hour" }),
      {
        // A mail alone is due again only after its pause, which doubles: its age never shows that the server is down.
        says: "the mail server turned down five tries within an hour",
        signal: { kind: "lines", metric: "pipeline_outcomes", where: { code: ["mail_server"] }, windowSeconds: HOUR },
        is: ">=",
        than: 5,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "watch-silent",
    title: "keep-watch does not run",
    severity: "CRITICAL",
    means:
      "Nothing is repaired and no number of the pipeline is known: most other alerts are blind until it runs again.",
    command: "npm run ops -- doctor",
    conditions: [
      {
        says: "no status was reported for 20 minutes",
        signal: { kind: "lines", metric: "pipeline_status_reports", windowSeconds: 20 * MINUTE },
        is: "<",
        than: 1,
        // On a new installation the functions come with the alert; their first run has this long.
        forSeconds: 15 * MINUTE,
      },
    ],
  },
  {
    name: "watch-failing",
    title: "A duty of keep-watch fails",
    severity: "ERROR",
    means: "One of keep-watch's repairs failed in three runs of half an hour. The others go on.",
    command: "npm run ops -- status",
    conditions: [
      {
        says: "a duty failed three times within 30 minutes",
        signal: { kind: "lines", metric: "pipeline_duty_failures", by: "duty", windowSeconds: 30 * MINUTE },
        is: ">=",
        than: 3,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "function-errors",
    title: "A function fails more often than not",
    severity: "ERROR",
    means:
      "More than half of a function's requests were answered with 5xx. What it was given waits and is tried again.",
    command: "npm run ops -- doctor",
    conditions: [
      {
        says: "more than half of the requests of 30 minutes, and at least 10",
        signal: {
          kind: "share",
          metric: "run.googleapis.com/request_count",
          resource: "cloud_run_revision",
          of: { response_code_class: ["5xx"] },
          by: "service_name",
          atLeast: 10,
          windowSeconds: 30 * MINUTE,
        },
        is: ">",
        than: 0.5,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "unexpected-errors",
    title: "An error that nobody foresaw",
    severity: "ERROR",
    means:
      "A function met an error without a rule of ours, or an API that is switched off. It is tried again, in vain.",
    command: "npm run ops -- doctor",
    conditions: [
      {
        says: "three within 30 minutes",
        signal: {
          kind: "lines",
          metric: "pipeline_outcomes",
          where: { code: UNFORESEEN },
          windowSeconds: 30 * MINUTE,
        },
        is: ">=",
        than: 3,
        forSeconds: 0,
      },
    ],
  },
  {
    name: "inputs-rejected",
    title: "Messages were rejected",
    severity: "WARNING",
    means: "Messages could not be read or were refused for good, and were acknowledged: they do not come again.",
    command: "npm run ops -- status",
    conditions: [
      {
        says: "three within an hour",
        signal: {
          kind: "lines",
          metric: "pipeline_outcomes",
          where: { outcome: ["rejected"] },
          windowSeconds: HOUR,
        },
        is: ">=",
        than: 3,
        forSeconds: 0,
      },
    ],
  },
];
