/** Bounds of a growing delay, in milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Exponential delay before try number `attempt` (1 = first retry), with full jitter:
 * uniform between 0 and min(maxMs, firstMs * 2^(attempt-1)).
 */
export function backoffMs(attempt: number, bounds: BackoffBounds, random: () => number = Math.random): number {
  const ceiling = Math.min(bounds.maxMs, bounds.firstMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(random() * ceiling);
}
