import fc from "fast-check";
import { expect, it } from "vitest";
import { billOf, type Quantities } from "./bill.ts";
import { forecastQuantities, languageFeatures, type Plan } from "./forecast.ts";
import { costOf, dollars } from "./money.ts";
import { isVerified, meters, prices } from "./prices.ts";
import { billReport, quantityWords } from "./show-bill.ts";

const plan: Plan = { bookings: 1_000n, minutes: 45n, speech: "standard", features: new Set(languageFeatures) };
const month = { residency: "us", isMonth: true } as const;
const measured = (amount: bigint) => ({ amount, basis: "measured" as const });

it.each<[bigint, bigint, bigint, bigint]>([
  [60n, 16_000n, 60n, 16_000n],
  [1n, 16_000n, 60n, 267n],
  [1n, 400_000n, 1_000_000n, 0n],
  [2n, 400_000n, 1_000_000n, 1n],
  [0n, 1n, 1n, 0n],
])("%d at %d millionths for %d cost %d millionths, rounded once", (quantity, microDollars, per, cost) => {
  expect(costOf(quantity, { microDollars, per })).toBe(cost);
});

it.each<[bigint, string]>([
  [0n, "$0"],
  [4n, "$0.000004"],
  [99n, "$0.000099"],
  [12_345n, "$0.0123"],
  [12_340_000n, "$12.34"],
  [1_234_567_890_000n, "$1,234,567.89"],
  [-2_000_000n, "-$2.00"],
])("%d millionths read %s", (amount, text) => {
  expect(dollars(amount)).toBe(text);
});

it("every price names its source, and says when that was read or that nobody could", () => {
  for (const meter of meters) {
    const { source, checked, rate, written, freePerMonth } = prices[meter];
    expect(new URL(source).protocol).toBe("https:");
    expect(checked === null || /^\d{4}-\d\d-\d\d$/.test(checked)).toBe(true);
    expect([rate.per > 0n, freePerMonth >= 0n, written.length > 0]).toEqual([true, true, true]);
  }
  expect([isVerified(prices.storage, "us"), isVerified(prices.storage, "eu")]).toEqual([true, false]);
});

it("the numbers of the table are the ones that are written beside them", () => {
  const perUnit = (meter: keyof typeof prices, quantity: bigint) => dollars(costOf(quantity, prices[meter].rate));
  expect(perUnit("speech", 60n * 1_000n)).toBe("$16.00");
  expect(perUnit("speech_dynamic_batch", 60n * 1_000n)).toBe("$3.00");
  expect(perUnit("language_entity_sentiment", 1_000n)).toBe("$2.00");
  expect(perUnit("storage", 100n * 2n ** 30n * 730n)).toBe("$2.00");
  expect(perUnit("function_requests", 10_000_000n)).toBe("$4.00");
  expect(perUnit("function_cpu", 1_000_000n * 1_000n)).toBe("$24.00");
  expect(perUnit("function_memory", 1_000_000n * 1_024n * 1_000n)).toBe("$2.50");
  expect(perUnit("pubsub", 2n ** 40n)).toBe("$40.00");
  expect(perUnit("egress", 100n * 2n ** 30n)).toBe("$12.00");
});

it("the total is the sum of the lines to the millionth, and the free tier takes off no more than a line costs", () => {
  const amounts = fc.record(
    Object.fromEntries(meters.map((meter) => [meter, fc.bigInt(0n, 10n ** 15n).map(measured)])),
  );
  fc.assert(
    fc.property(amounts, (quantities) => {
      const bill = billOf(quantities as Quantities, month);
      expect(bill.total).toBe(bill.lines.reduce((sum, { cost }) => sum + cost, 0n));
      expect(bill.free).toBe(bill.lines.reduce((sum, { free }) => sum + (free ?? 0n), 0n));
      for (const { free, cost } of bill.lines) expect(free! >= 0n && free! <= cost).toBe(true);
    }),
  );
});

it("a month within the free tiers costs nothing, and outside the United States storage has none", () => {
  const small = { speech: measured(3_600n), storage: measured(2n ** 30n * 730n) };
  expect(billOf(small, month)).toMatchObject({ total: 980_000n, free: 980_000n });
  expect(billOf(small, { ...month, residency: "eu" })).toMatchObject({ total: 980_000n, free: 960_000n });
  expect(billOf(small, { ...month, isMonth: false })).toMatchObject({ total: 980_000n, free: null });
});

it("a forecast grows with the bookings, is cheaper in dynamic batches, and leaves out what is not asked for", () => {
  const totalOf = (more: Partial<Plan>) => billOf(forecastQuantities({ ...plan, ...more }), month).total;
  expect(totalOf({})).toBe(billOf(forecastQuantities(plan), month).total);
  expect(totalOf({ bookings: 2_000n }) > totalOf({})).toBe(true);
  expect(totalOf({ speech: "dynamic-batch" })).toBe(totalOf({}) - 45_000n * 13_000n);
  expect(totalOf({ features: new Set(["sentiment"]) })).toBe(totalOf({}) - 41_000n * 3_000n);
  expect(totalOf({ features: new Set() })).toBe(totalOf({}) - 41_000n * 4_000n);
});

it("quantities are shown in the unit people think in, and amounts for machines stay exact", () => {
  expect([
    quantityWords("speech", 150n),
    quantityWords("speech", 360_000n),
    quantityWords("language_sentiment", 1_234n),
  ]).toEqual(["2.5 min", "6,000 min", "1,234"]);
  const report = JSON.parse(JSON.stringify(billReport(billOf({ speech: measured(61n) }, month)))) as object;
  expect(report).toMatchObject({
    microDollars: 16_267,
    lines: [{ quantity: "61", checked: null, microDollars: 16_267 }],
  });
});
