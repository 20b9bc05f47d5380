import { readFileSync } from "node:fs";
import path from "node:path";
import { type Breach, withoutAllowed } from "./breach.ts";
import type { Check } from "./check.ts";
import { limits } from "./limits.ts";
import {
  countLines,
  linesWithAny,
  linesWithNonNull,
  type MeasuredFunction,
  measureFunctions,
  ownImports,
} from "./measure.ts";
import { listFiles, readSources, type SourceFile } from "./source-files.ts";
import { spreadFindings } from "./spread.ts";

const BUDGETS = [
  "file-lines",
  "function-lines",
  "parameters",
  "own-imports",
  "any",
  "non-null",
  "test-lines",
  "migration-lines",
] as const;

/** Sizes of files and functions, parameters, fan-out, `any` and `!`. */
export const budgets: Check = {
  name: "budgets",
  run: async (root) => {
    const sources = readSources(root);
    const breaches = [...sources.flatMap(breachesOf), ...longMigrations(root)];
    const spread = spreadFindings(sources.filter((source) => !source.isTest));
    return { seen: `${sources.length} files`, findings: [...withoutAllowed(breaches, BUDGETS), ...spread] };
  },
};

/** Everything in one file that is over a hard limit. */
export function breachesOf(source: SourceFile): Breach[] {
  if (source.isTest) return [...overLength(source, "test-lines"), ...anys(source)];
  return [
    ...overLength(source, "file-lines"),
    ...measureFunctions(source).flatMap((measured) => functionBreaches(source, measured)),
    ...fanOut(source),
    ...anys(source),
    ...nonNulls(source),
  ];
}

const LENGTHS = {
  "file-lines": limits.fileLines.hard,
  "test-lines": limits.testLines,
  "migration-lines": limits.migrationLines,
} as const;

function overLength(source: { path: string; text: string }, budget: keyof typeof LENGTHS): Breach[] {
  const lines = countLines(source.text);
  if (lines <= LENGTHS[budget]) return [];
  const problem = `has ${lines} lines, the limit is ${LENGTHS[budget]}`;
  return [{ budget, file: source.path, problem, remedy: "split it by what it does; name each file for its one thing" }];
}

function functionBreaches(source: SourceFile, { name, line, lines, parameters }: MeasuredFunction): Breach[] {
  const at = { file: source.path, line, name };
  const tooLong: Breach = {
    ...at,
    budget: "function-lines",
    problem: `${name} has ${lines} lines, the limit is ${limits.functionLines.hard}`,
    remedy: "extract named steps; use a table for many branches",
  };
  const tooMany: Breach = {
    ...at,
    budget: "parameters",
    problem: `${name} takes ${parameters} parameters, the limit is ${limits.parameters}`,
    remedy: "pass one named object",
  };
  return [
    ...(lines > limits.functionLines.hard ? [tooLong] : []),
    ...(parameters > limits.parameters ? [tooMany] : []),
  ];
}

function fanOut(source: SourceFile): Breach[] {
  const imports = ownImports(source).length;
  if (imports <= limits.ownImports) return [];
  const problem = `imports ${imports} modules of ours, the limit is ${limits.ownImports}`;
  const remedy = "it knows too much: give part of it a file of its own";
  return [{ budget: "own-imports", file: source.path, problem, remedy }];
}

function anys(source: SourceFile): Breach[] {
  const problem = "`any` switches the types off";
  const remedy = "use unknown and narrow it, or parse it";
  return linesWithAny(source).map((line) => ({ budget: "any", file: source.path, line, problem, remedy }));
}

/** Builders and doubles for tests are tests. */
function nonNulls(source: SourceFile): Breach[] {
  if (source.path.startsWith("shared/testing/") || source.path.includes("/testing/")) return [];
  const problem = "`!` claims what nobody checked";
  const remedy = "handle the missing case, or make it impossible";
  return linesWithNonNull(source).map((line) => ({ budget: "non-null", file: source.path, line, problem, remedy }));
}

function longMigrations(root: string): Breach[] {
  const migrations = listFiles(root, [".sql"]).filter((file) => file.startsWith("db/supabase/migrations/"));
  return migrations.flatMap((file) =>
    overLength({ path: file, text: readFileSync(path.join(root, file), "utf8") }, "migration-lines"),
  );
}
