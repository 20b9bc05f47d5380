import { costOf, type MicroDollars } from "./money.ts";
import { isVerified, type Meter, meters, prices } from "./prices.ts";

/** How much of something, and whether somebody counted it. */
export interface Quantity {
  readonly amount: bigint;
  /** measured: the database or the provider counted it. estimated: a model did. */
  readonly basis: "measured" | "estimated";
}
export type Quantities = Readonly<Partial<Record<Meter, Quantity>>>;

export interface BillLine extends Quantity {
  readonly meter: Meter;
  readonly cost: MicroDollars;
  /** What the month's free amount takes off; null where no whole month is looked at. */
  readonly free: MicroDollars | null;
  readonly isVerified: boolean;
}

export interface Bill {
  readonly lines: readonly BillLine[];
  readonly total: MicroDollars;
  readonly free: MicroDollars | null;
}

export interface BillOptions {
  readonly residency: "us" | "eu";
  /** Whether the quantities are one month of a whole billing account. */
  readonly isMonth: boolean;
}

/** Prices quantities line by line; the total is the sum of what the lines show. */
export function billOf(quantities: Quantities, { residency, isMonth }: BillOptions): Bill {
  const lines = meters.flatMap((meter): BillLine[] => {
    const quantity = quantities[meter];
    if (quantity === undefined || quantity.amount === 0n) return [];
    const price = prices[meter];
    const cost = costOf(quantity.amount, price.rate);
    const free = isMonth ? cost - costOf(above(quantity.amount, freeOf(meter, residency)), price.rate) : null;
    return [{ ...quantity, meter, cost, free, isVerified: isVerified(price, residency) }];
  });
  const sum = (amounts: readonly MicroDollars[]): MicroDollars => amounts.reduce((all, one) => all + one, 0n);
  return {
    lines,
    total: sum(lines.map(({ cost }) => cost)),
    free: isMonth ? sum(lines.map(({ free }) => free ?? 0n)) : null,
  };
}

const above = (amount: bigint, free: bigint): bigint => (amount > free ? amount - free : 0n);

/** Cloud Storage's free amounts are for regions of the United States. */
function freeOf(meter: Meter, residency: "us" | "eu"): bigint {
  return prices[meter].regions === "us" && residency !== "us" ? 0n : prices[meter].freePerMonth;
}
