import { expect, it } from "vitest";
import { duration, makeProgress } from "./progress.ts";

function scenario(isTerminal: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const progress = makeProgress({ write: (text) => void written.push(text), isTerminal, nowMs: () => nowMs });
  const at = (ms: number, done: number, total: number): void => {
    nowMs = ms;
    progress.at(done, total);
  };
  return { written, at };
}

it("progress tells the remaining time from the pace so far, at most every second, and always its end", () => {
  const { written, at } = scenario(false);
  at(0, 0, 600);
  at(400, 4, 600);
  at(10_000, 100, 600);
  at(10_100, 101, 600);
  at(10_200, 600, 600);
  expect(written).toEqual(["0 of 600\n", "100 of 600, about 50 s left\n", "600 of 600\n"]);
});

it("progress takes no time from a start that stood still, tells none from a first result, and follows a changed pace", () => {
  const { written, at } = scenario(false);
  at(0, 50, 1_000);
  at(60_000, 50, 1_000);
  at(62_000, 60, 1_000);
  at(70_000, 150, 1_000);
  at(110_000, 190, 1_000);
  at(140_000, 220, 1_000);
  expect(written).toEqual([
    ...["50 of 1000\n", "50 of 1000\n", "60 of 1000\n", "150 of 1000, about 85 s left\n"],
    ...["190 of 1000, about 14 min left\n", "220 of 1000, about 13 min left\n"],
  ]);
});

it("progress on a terminal keeps to one line", () => {
  const { written, at } = scenario(true);
  at(0, 0, 20);
  at(6_000, 15, 20);
  at(8_000, 20, 20);
  expect(written).toEqual(["\r\u001b[K0 of 20", "\r\u001b[K15 of 20, about 2 s left", "\r\u001b[K20 of 20\n"]);
});

it("durations read as a person says them", () => {
  expect([40, 600, 10_800, 200_000].map(duration)).toEqual(["40 s", "10 min", "3 h", "2 days"]);
});
