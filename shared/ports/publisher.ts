/** A row of the outbox on its way to Pub/Sub. */
export interface OutboxMessage {
  readonly id: number;
  /** Short name, as in the topology. */
  readonly topic: string;
  readonly data: unknown;
  readonly attributes: Readonly<Record<string, string>>;
  /** Null for a message that is about none. */
  readonly bookingId: string | null;
  /** When its row was written; null when the database does not say. */
  readonly createdAt: Date | null;
  /** No other row of the booking was written before it. */
  readonly isFirst: boolean;
}

export interface PublishFailure {
  readonly id: number;
  readonly reason: string;
  /** True when this message can never be published; the row is then set aside. */
  readonly permanent: boolean;
}

export interface Publisher {
  /** Publishes a batch and reports every message's fate; does not throw for single messages. */
  publish(
    messages: readonly OutboxMessage[],
  ): Promise<{ readonly published: readonly number[]; readonly failed: readonly PublishFailure[] }>;
}
