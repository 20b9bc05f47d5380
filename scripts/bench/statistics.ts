/** What the samples of one metric say; `null` fields never occur: no samples, no summary. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Median and spread, or null without samples. */
export function summarize(samples: readonly number[]): Summary | null {
  const sorted = samples.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return null;
  return { median: middleOf(sorted), min, max, count: sorted.length };
}

function middleOf(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The same elements in another order, so that nothing always runs after the same neighbour. */
export function shuffled<Element>(elements: readonly Element[], random: () => number): Element[] {
  const order = [...elements];
  for (let left = order.length - 1; left > 0; left -= 1) {
    const other = Math.floor(random() * (left + 1));
    [order[left], order[other]] = [order[other] as Element, order[left] as Element];
  }
  return order;
}
