import type { Clock } from "#kernel/clock.ts";
import { done, type Outcome } from "#kernel/outcome.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import type { OutboxMessage, Publisher, PublishFailure } from "#ports/publisher.ts";

export interface RelayOptions {
  readonly store: OutboxStore;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly claimSeconds: number;
}

/** PostgREST returns at most 1,000 rows; 500 keeps one publish call far below Pub/Sub's limits. */
const BATCH_SIZE = 500;
/** No batch is claimed later than this into a run: an unreachable Pub/Sub takes 31 s more, the function has 60. */
const MAX_RUN_MS = 25_000;

/**
 * Drains the outbox: claim, publish, mark, in that order, so that a crash repeats a message and never loses one.
 * Marking a batch and claiming the next is one call. A topic that fails is left out for the rest of the run.
 */
export function makeRelay({ store, publisher, clock, claimSeconds }: RelayOptions): () => Promise<Outcome> {
  return async () => {
    const lastClaimAt = clock.now().getTime() + MAX_RUN_MS;
    const skippedTopics = new Set<string>();
    let total = 0;
    let failure: PublishFailure | undefined;
    let messages = await store.next({ published: [], failed: [], limit: BATCH_SIZE, claimSeconds, skippedTopics: [] });
    while (messages.length > 0) {
      const { published, failed } = await publisher.publish(messages);
      total += published.length;
      const passing = failed.filter((one) => !one.permanent);
      failure ??= passing[0];
      for (const topic of topicsOf(messages, passing)) skippedTopics.add(topic);
      const limit = clock.now().getTime() > lastClaimAt ? 0 : BATCH_SIZE;
      messages = await store.next({ published, failed, limit, claimSeconds, skippedTopics: [...skippedTopics] });
    }
    if (failure !== undefined) {
      throw new RetryableError(`${total} published, but not outbox row ${failure.id}: ${failure.reason}`, {
        code: "publish_failed",
      });
    }
    return done(`${total} published`);
  };
}

function topicsOf(messages: readonly OutboxMessage[], failed: readonly PublishFailure[]): readonly string[] {
  const ids = new Set(failed.map(({ id }) => id));
  return messages.filter(({ id }) => ids.has(id)).map(({ topic }) => topic);
}
