import { done, type Outcome } from "#kernel/outcome.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import type { Publisher, PublishFailure } from "#ports/publisher.ts";

export interface RelayOptions {
  readonly store: OutboxStore;
  readonly publisher: Publisher;
  readonly claimSeconds: number;
}

/** PostgREST returns at most 1,000 rows; 500 drains nearly twice as fast as 100 (see docs/performance.md). */
const BATCH_SIZE = 500;
/** One run drains at most this many batches, so that it ends well within the function's timeout. */
const MAX_BATCHES = 400;

/**
 * Drains the outbox: claim, publish, mark, in that order, so that a crash repeats a message and never loses one.
 * Marking a batch and claiming the next is one call.
 */
export function makeRelay({ store, publisher, claimSeconds }: RelayOptions): () => Promise<Outcome> {
  return async () => {
    let total = 0;
    let failures: readonly PublishFailure[] = [];
    let messages = await store.next({ published: [], failed: [], limit: BATCH_SIZE, claimSeconds });
    for (let batch = 0; messages.length > 0; batch += 1) {
      const { published, failed } = await publisher.publish(messages);
      total += published.length;
      failures = [...failures, ...failed.slice(0, 1)];
      // A failing topic is left to the next sweep instead of being hammered for the whole run.
      const limit = failed.length > 0 || batch >= MAX_BATCHES ? 0 : BATCH_SIZE;
      messages = await store.next({ published, failed, limit, claimSeconds });
    }
    const [failure] = failures;
    if (failure !== undefined && !failure.permanent) {
      throw new RetryableError(`outbox row ${failure.id} was not published: ${failure.reason}`, {
        code: "publish_failed",
      });
    }
    return done(`${total} published`);
  };
}
