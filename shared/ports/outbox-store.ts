import type { OutboxMessage, PublishFailure } from "#ports/publisher.ts";

/** The relay's view of the outbox. */
export interface OutboxStore {
  /** Marks what was published and what failed, then claims up to `limit` waiting rows, oldest first. */
  next(batch: {
    readonly published: readonly number[];
    readonly failed: readonly PublishFailure[];
    readonly limit: number;
    readonly claimSeconds: number;
  }): Promise<readonly OutboxMessage[]>;
  /** True the first time a nonce is shown. */
  useNonce(nonce: string): Promise<boolean>;
}
