/** Periods that functions are told about; the laptop multiplies each by its time scale. */
export const timings = {
  /** How long a handler may hold a booking or a recording before another takes over. */
  leaseSeconds: 120,
  /** How long a claimed outbox row is left alone before another relay may publish it. */
  outboxClaimSeconds: 60,
  /** A step older than this without progress is found and repaired by keep-watch. */
  overdueSeconds: 600,
  /** Recordings that Meet never told of are looked for this long after a meeting's end. */
  recordingSearchSeconds: 86_400,
  /** A transcription that has not ended after this long never will. */
  transcriptionSeconds: 86_400,
  /** Pause between two looks at a Meet link that Google has not finished. */
  conferencePollSeconds: 10,
  /** A mail that was claimed and not sent is taken by another run after this long. */
  mailClaimSeconds: 120,
  mailRetrySeconds: 60,
  /** How long one run may hold the renewal of a consultant's subscription. */
  subscriptionClaimSeconds: 300,
  subscriptionRetrySeconds: 600,
  /** A consultant's subscription lives seven days; it is looked at every day. */
  subscriptionCheckSeconds: 86_400,
  disconnectGraceSeconds: 120,
  /** A calendar of which Google tells nothing is read after this long all the same: some notifications get lost. */
  calendarCheckSeconds: 900,
  calendarRetrySeconds: 60,
  /** A push channel lives seven days at most; with less than this left it gets a successor. */
  channelLifetimeSeconds: 604_800,
  channelOverlapSeconds: 86_400,
} as const;

export type TimingName = keyof typeof timings;
