/** Millionths of a US dollar. Sums are exact: no floating point, one rounding for each line. */
export type MicroDollars = bigint;

/** A price: so many millionths of a dollar for so many of the things that are counted. */
export interface Rate {
  readonly microDollars: bigint;
  readonly per: bigint;
}

/** What a quantity costs, rounded half up to the millionth. */
export function costOf(quantity: bigint, { microDollars, per }: Rate): MicroDollars {
  return (quantity * microDollars * 2n + per) / (2n * per);
}

/** `$12.34`, `$0.0123` below a dollar, `$0.000004` below a hundredth of a cent, `$0`. */
export function dollars(amount: MicroDollars): string {
  const sign = amount < 0n ? "-" : "";
  const size = amount < 0n ? -amount : amount;
  if (size === 0n) return "$0";
  const digits = size >= 1_000_000n ? 2 : size >= 100n ? 4 : 6;
  const step = 10n ** BigInt(6 - digits);
  const rounded = (size + step / 2n) / step;
  const scale = 10n ** BigInt(digits);
  return `${sign}$${(rounded / scale).toLocaleString("en-US")}.${String(rounded % scale).padStart(digits, "0")}`;
}
