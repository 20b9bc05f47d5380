import type { Subject } from "#kernel/trace.ts";

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
  /** Told as soon as it is known what the message is about: the run's log lines and spans join the booking's trace. */
  readonly about: (subject: Subject) => void;
}
