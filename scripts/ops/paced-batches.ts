import { setTimeout as delay } from "node:timers/promises";

interface Identified {
  readonly id: string;
}

export interface PacedBatchesOptions<Item extends Identified> {
  /** Items a second, on the average of a batch. */
  readonly rate: number;
  /** No more than this many are queued. */
  readonly limit: number;
  readonly interrupted: AbortSignal;
  /** The next items after the last one of the page before, at most `limit`; empty at the end. */
  readonly page: (after: string | null, limit: number) => Promise<readonly Item[]>;
  /** Queues one batch and says how many of it were queued. */
  readonly apply: (items: readonly Item[]) => Promise<number>;
  readonly onProgress: (done: number) => void;
  /** Only tests give another. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface PacedBatchesResult {
  readonly seen: number;
  readonly queued: number;
  /** False: broken off by the operator or by the limit; the same command goes on where this one stopped. */
  readonly complete: boolean;
}

const MAX_BATCH = 100;

/**
 * Takes items page by page, holding one page in memory, no faster than `rate`. Each batch is one transaction, so it
 * may be killed at any point: what was queued is queued, and the next run does not see it again.
 */
export async function runPacedBatches<Item extends Identified>(
  options: PacedBatchesOptions<Item>,
): Promise<PacedBatchesResult> {
  const { rate, limit, interrupted, page, apply, onProgress, pause = rest } = options;
  const batchSize = Math.min(MAX_BATCH, Math.max(1, Math.round(rate)));
  let [seen, queued, after] = [0, 0, null as string | null];
  while (!interrupted.aborted) {
    const items = await page(after, Math.min(batchSize, limit - queued));
    if (items.length === 0) return { seen, queued, complete: true };
    queued += await apply(items);
    seen += items.length;
    after = items.at(-1)?.id ?? after;
    onProgress(seen);
    if (queued >= limit) return { seen, queued, complete: (await page(after, 1)).length === 0 };
    await pause((items.length / rate) * 1000, interrupted);
  }
  return { seen, queued, complete: false };
}

/** Waits, or ends at once when the operator breaks off. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** PostgREST gives at most 1,000 rows an answer (db/supabase/config.toml). */
const COUNT_PAGE = 1_000;

/** How many items there are in all, read page by page. */
export async function countPages<Item extends Identified>(
  page: (after: string | null, limit: number) => Promise<readonly Item[]>,
  onItems: (items: readonly Item[]) => void = () => undefined,
): Promise<number> {
  let [count, after] = [0, null as string | null];
  for (;;) {
    const items = await page(after, COUNT_PAGE);
    if (items.length === 0) return count;
    onItems(items);
    count += items.length;
    after = items.at(-1)?.id ?? after;
  }
}
