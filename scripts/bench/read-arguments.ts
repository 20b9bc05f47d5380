import { parseArgs } from "node:util";
import { UsageError } from "../local/command-line.ts";
import type { Benchmark } from "./benchmark.ts";

export interface BenchArguments {
  readonly benchmarks: readonly Benchmark[];
  readonly repetitions: number | undefined;
  readonly only: readonly string[];
  readonly json: boolean;
  readonly strict: boolean;
  readonly record: boolean;
  readonly help: boolean;
}

const MAX_REPETITIONS = 1_000;

/** Reads the words after `npm run bench --`; throws `UsageError`. */
export function readArguments(args: readonly string[], known: readonly Benchmark[]): BenchArguments {
  const { values, positionals } = parse(args);
  const { repetitions, only = [], ...flags } = values;
  const benchmarks = known.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  refuseUnknown("benchmark", positionals, namesOf(known));
  const contestants = benchmarks.flatMap((benchmark) => benchmark.contestants);
  refuseUnknown("contestant of what is to be run", only, contestants);
  return { benchmarks, only, repetitions: countOf(repetitions), ...flags };
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ json: flag, strict: flag, record: flag, help: flag },
        repetitions: { type: "string" },
        only: { type: "string", multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. --help lists the options.`, { cause: error });
  }
}

function refuseUnknown(what: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`No ${what} is called ${unknown.join(", ")}; there are ${known.join(", ")}.`);
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_REPETITIONS) return count;
  throw new UsageError(`--repetitions takes a whole number from 1 to ${MAX_REPETITIONS}, not "${text}".`);
}

export const namesOf = (benchmarks: readonly Benchmark[]): string[] => benchmarks.map(({ name }) => name);
