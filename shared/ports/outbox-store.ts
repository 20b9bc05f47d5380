import type { OutboxMessage, PublishFailure } from "#ports/publisher.ts";

/** The relay's view of the outbox. */
export interface OutboxStore {
  /** Marks what was published and what failed, then claims up to `limit` of the oldest waiting rows. */
  next(batch: {
    readonly published: readonly number[];
    readonly failed: readonly PublishFailure[];
    readonly limit: number;
    readonly claimSeconds: number;
    /** Short names of topics whose rows are left where they are. */
    readonly skippedTopics: readonly string[];
  }): Promise<readonly OutboxMessage[]>;
  /** True the first time a nonce is shown. */
  useNonce(nonce: string): Promise<boolean>;
}
