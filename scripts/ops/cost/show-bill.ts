import Table from "cli-table3";
import type { Bill, BillLine } from "./bill.ts";
import { dollars } from "./money.ts";
import { type Meter, prices } from "./prices.ts";

const PLAIN = { style: { head: [], border: [], compact: true } };

/** The bill as lines of a table, its total, and where the prices are from. */
export function billLines(bill: Bill): string[] {
  const isMonth = bill.free !== null;
  const table = new Table({
    ...PLAIN,
    head: ["What", "Quantity", "Price", "Cost", ...(isMonth ? ["Free tier", "To pay"] : [])],
    colAligns: ["left", "right", "left", "right", "right", "right"],
  });
  for (const line of bill.lines) table.push(rowOf(line));
  table.push(["Total", "", "", dollars(bill.total), ...freeOf(bill.total, bill.free)]);
  return [table.toString(), "~ estimated; the others were counted.", ...sourceLines(bill)];
}

function rowOf({ meter, amount, basis, cost, free, isVerified }: BillLine): string[] {
  const { what, written } = prices[meter];
  const price = isVerified ? written : `${written} (not verified)`;
  return [
    what,
    `${basis === "estimated" ? "~" : ""}${quantityWords(meter, amount)}`,
    price,
    dollars(cost),
    ...freeOf(cost, free),
  ];
}

const freeOf = (cost: bigint, free: bigint | null): string[] =>
  free === null ? [] : [free === 0n ? "" : `-${dollars(free)}`, dollars(cost - free)];

/** In the unit a person thinks in: quantity / divisor, one digit behind the point. */
const SHOWN: Readonly<Partial<Record<Meter, readonly [bigint, string]>>> = {
  speech: [60n, "min"],
  speech_dynamic_batch: [60n, "min"],
  storage: [2n ** 30n * 730n, "GiB-months"],
  function_cpu: [1_000n, "vCPU-s"],
  function_memory: [1_024_000n, "GiB-s"],
  pubsub: [1_000_000n, "MB"],
  egress: [1_000_000n, "MB"],
};

export function quantityWords(meter: Meter, amount: bigint): string {
  const [divisor, unit] = SHOWN[meter] ?? [1n, ""];
  if (divisor === 1n) return amount.toLocaleString("en-US");
  const thousandths = (amount * 1_000n + divisor / 2n) / divisor;
  const digits = thousandths >= 100_000n ? 0 : thousandths >= 1_000n ? 1 : 3;
  return `${(Number(thousandths) / 1_000).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

/** Each source once, with the day it was read. */
function sourceLines({ lines }: Bill): string[] {
  const bySource = new Map(lines.map(({ meter }) => [prices[meter].source, prices[meter].checked]));
  const sources = [...bySource].map(
    ([source, checked]) => `  ${source} (${checked === null ? "not verified" : `read ${checked}`})`,
  );
  return ["List prices in US dollars, first volume tier:", ...sources];
}

/** The bill for `--json`: amounts in millionths of a dollar, exact. */
export function billReport({ lines, total, free }: Bill): object {
  return {
    microDollars: Number(total),
    ...(free !== null && { freeMicroDollars: Number(free), toPayMicroDollars: Number(total - free) }),
    lines: lines.map(({ meter, amount, basis, cost, free: off, isVerified }) => ({
      ...{ meter, what: prices[meter].what, quantity: String(amount), counts: prices[meter].counts, basis },
      ...{
        price: prices[meter].written,
        source: prices[meter].source,
        checked: isVerified ? prices[meter].checked : null,
      },
      microDollars: Number(cost),
      ...(off !== null && { freeMicroDollars: Number(off) }),
    })),
  };
}
