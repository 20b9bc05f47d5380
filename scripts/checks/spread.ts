import type { Finding } from "./check.ts";
import { limits } from "./limits.ts";
import { countLines, measureFunctions, percentile } from "./measure.ts";
import type { SourceFile } from "./source-files.ts";

const NAMED = 8;

interface Measured {
  readonly name: string;
  readonly lines: number;
}

/** The middle and the upper end of all files and functions: hard limits alone would let everything grow up to them. */
export function spreadFindings(sources: readonly SourceFile[]): Finding[] {
  const files = sources.map((source) => ({ name: source.path, lines: countLines(source.text) }));
  const functions = sources.flatMap((source) =>
    measureFunctions(source).map(({ name, line, lines }) => ({ name: `${source.path}:${line} ${name}`, lines })),
  );
  return [...overSpread("files", files, limits.fileLines), ...overSpread("functions", functions, limits.functionLines)];
}

/** Percentiles of a whole population that are over their limit, with its largest members by name. */
export function overSpread(what: string, all: readonly Measured[], limit: { p95: number; p50: number }): Finding[] {
  const largest = [...all].sort((a, b) => b.lines - a.lines).slice(0, NAMED);
  const names = largest.map(({ name, lines }) => `${name} (${lines})`).join(", ");
  const lines = all.map((one) => one.lines);
  const shares = [
    ["p50", 0.5],
    ["p95", 0.95],
  ] as const;
  return shares.flatMap(([label, share]) => {
    const value = percentile(lines, share);
    if (value <= limit[label]) return [];
    const problem = `${label} of ${what} is ${value} lines, the limit is ${limit[label]}; largest: ${names}`;
    return [{ where: "the whole tree", problem, remedy: "make the largest ones smaller" }];
  });
}
