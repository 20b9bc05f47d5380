/** One Pub/Sub message as a handler receives it: caller verified, envelope parsed, payload still unknown. */
export interface Delivery {
  /** Stable over redeliveries of one message. */
  readonly messageId: string;
  readonly subscription: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The message's JSON; handlers parse it with their own schema. */
  readonly data: unknown;
  readonly publishedAt: Date | null;
  /** 1 for the first delivery; known only with a dead letter policy. */
  readonly attempt: number | null;
  /** W3C trace id that ties the log lines of one booking together. */
  readonly traceId: string;
}
