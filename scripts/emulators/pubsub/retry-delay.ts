import type { RetryPolicy } from "./subscription-settings.ts";

/** What Google does for a push subscription without a retry policy: 100 ms growing to 60 s. */
const PUSH_WITHOUT_POLICY: RetryPolicy = { minMs: 100, maxMs: 60_000 };

/**
 * Milliseconds before the next delivery after `failures` failed ones (1 or more): doubling from the
 * policy's minimum to its maximum, with 10 % of jitter either way, never outside the policy's bounds.
 * A pull subscription without a policy redelivers at once.
 */
export function retryDelayMs(
  failures: number,
  policy: RetryPolicy | null,
  options: { push: boolean; random: () => number },
): number {
  if (policy === null && !options.push) return 0;
  const { minMs, maxMs } = policy ?? PUSH_WITHOUT_POLICY;
  // A minimum of zero would stay zero for ever: Google documents growth all the same.
  const firstMs = Math.max(minMs, 100);
  const ceilingMs = firstMs * 2 ** Math.min(failures - 1, 30);
  const jitteredMs = ceilingMs * (0.9 + 0.2 * options.random());
  return Math.round(Math.min(maxMs, Math.max(minMs, jitteredMs)));
}
