import { expect, it } from "vitest";
import { seededRandom } from "../emulators/pubsub/seeded-random.ts";
import { shuffled, summarize } from "./statistics.ts";

it("the median of an odd number of samples is the middle one, whatever their order", () => {
  expect(summarize([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, count: 3 });
});

it("the median of an even number of samples lies between the middle two", () => {
  expect(summarize([4, 1, 2, 100])).toEqual({ median: 3, min: 1, max: 100, count: 4 });
});

it("samples are sorted as numbers", () => {
  expect(summarize([100, 20, 3])?.median).toBe(20);
});

it("no samples have no summary", () => {
  expect(summarize([])).toBeNull();
});

it("a shuffle keeps every element and depends on nothing but its randomness", () => {
  const elements = [1, 2, 3, 4, 5, 6, 7];
  const orders = [1, 2, 3].map((seed) => shuffled(elements, seededRandom(seed)));

  for (const order of orders) expect(order.toSorted()).toEqual(elements);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  expect(shuffled(elements, seededRandom(2))).toEqual(orders[1]);
});
