import { expect, it } from "vitest";
import type { Benchmark } from "./benchmark.ts";
import { readArguments } from "./read-arguments.ts";

const never = () => Promise.reject(new Error("not run here"));
const known: readonly Benchmark[] = [
  { name: "cold-start", summary: "", contestants: ["relay-outbox", "process-booking"], run: never },
  { name: "outbox", summary: "", contestants: ["relay"], run: never },
];
const namesOf = (...args: string[]) => readArguments(args, known).benchmarks.map(({ name }) => name);

it("everything is run when nothing is named", () => {
  expect([namesOf(), namesOf("outbox")]).toEqual([["cold-start", "outbox"], ["outbox"]]);
});

it("options are read, and off when they are not given", () => {
  expect(readArguments([], known)).toMatchObject({ json: false, strict: false, record: false, only: [] });
  expect(readArguments(["--json", "--strict", "--repetitions", "3", "--only", "relay"], known)).toMatchObject({
    ...{ json: true, strict: true, repetitions: 3, only: ["relay"] },
  });
});

it.each([
  [["warm-start"], /No benchmark is called warm-start; there are cold-start, outbox/],
  [["outbox", "--only", "process-booking"], /process-booking; there are relay\./],
  [["--repetitions", "0"], /whole number from 1 to 1000, not "0"/],
  [["--repetitions", "many"], /not "many"/],
  [["--fast"], /'--fast'.* --help lists/],
])("%j is refused with what to do", (args, sentence) => {
  expect(() => readArguments(args, known)).toThrow(sentence);
});
