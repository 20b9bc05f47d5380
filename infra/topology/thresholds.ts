/**
 * From when on something is wrong. `npm run ops -- status` and the alerts read the same numbers, so that a mail at night
 * and the command in the morning never disagree.
 */
export const thresholds = {
  /** The relay sweeps every minute: what waits five is not on its way. */
  outboxLateSeconds: 300,
  /** send-reminders runs every minute; the first tries after a failure come 1, 2, 4 and 8 minutes later. */
  mailLateSeconds: 900,
  /** Failures older than this are history, unless their meeting is still ahead. */
  recentSeconds: 7 * 86_400,
  /** A subscription lives seven days and is given seven more every day: with a day left, six renewals were missed. */
  subscriptionExpiringSeconds: 86_400,
  /**
   * How long a booking may stand in a step. keep-watch asks again every ten minutes, for two hours: `pending` is a matter
   * of seconds, so three rounds without success want a person; Speech takes up to an hour or two for a long recording,
   * the analysis after it a minute.
   */
  stepLateSeconds: { pending: 1_800, captured: 9_000, transcribed: 1_800 },
  /** Three times the longest pause between two deliveries: the message is being refused, not just waiting. */
  pushLateSeconds: 1_800,
  /** Consultants who lose their access within an hour. One changes a password; three are a cause they have in common. */
  lostConnectionsPerHour: 3,
  /** 50 hours of meetings; about 48 USD at Speech's list price of 0.016 USD a minute. An environment may set its own. */
  speechMinutesPerDay: 3_000,
} as const;
