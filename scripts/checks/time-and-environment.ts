import ts from "typescript";
import type { BudgetName } from "./allow-list.ts";
import { type Breach, withoutAllowed } from "./breach.ts";
import type { Check } from "./check.ts";
import { eachNode, lineOf, readSources, type SourceFile } from "./source-files.ts";

interface Rule {
  readonly budget: BudgetName;
  /** How the expression is written in the source. */
  readonly written: RegExp;
  readonly matches: (node: ts.Node) => boolean;
  readonly remedy: string;
}

const TAKE_A_CLOCK = "take a Clock (#kernel/clock.ts): now(), wait(ms, signal)";

/** What may be touched in one place only, so that tests decide over time and configuration. */
const RULES: readonly Rule[] = [
  {
    budget: "environment",
    written: /^process(\.env|\["env"\])$/,
    matches: (node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node),
    remedy: "read it in the function's index.ts through its schema and pass the value",
  },
  {
    budget: "clock",
    written: /^(Date\.now|AbortSignal\.timeout|process\.uptime)$/,
    matches: ts.isPropertyAccessExpression,
    remedy: TAKE_A_CLOCK,
  },
  {
    budget: "clock",
    written: /^new Date(\(\))?$/,
    matches: (node) => ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0,
    remedy: TAKE_A_CLOCK,
  },
  {
    budget: "clock",
    written: /^(setTimeout|setInterval|setImmediate)\(/,
    matches: ts.isCallExpression,
    remedy: TAKE_A_CLOCK,
  },
  {
    budget: "clock",
    written: /["'](node:)?timers(\/promises)?["']/,
    matches: ts.isImportDeclaration,
    remedy: TAKE_A_CLOCK,
  },
];

/** Time comes from the Clock port and the environment from `index.ts`: no other way in. */
export const timeAndEnvironment: Check = {
  name: "time and environment",
  run: async (root) => {
    const sources = readSources(root);
    const findings = withoutAllowed(sources.flatMap(forbiddenUses), ["clock", "environment"]);
    return { seen: `${sources.length} files`, findings };
  },
};

/** Uses of the machine's time or environment that this file may not have; tests are free. */
export function forbiddenUses(source: SourceFile): Breach[] {
  const rules = source.isTest ? [] : RULES.filter(({ budget }) => isBound(source.path, budget));
  const breaches: Breach[] = [];
  eachNode(source.tree, (node) => {
    for (const { budget, matches, written, remedy } of rules) {
      if (!matches(node) || !written.test(node.getText())) continue;
      const problem = `\`${node.getText().split("\n")[0]}\` is not allowed here`;
      breaches.push({ budget, file: source.path, line: lineOf(node), problem, remedy });
    }
  });
  return breaches;
}

function isBound(file: string, budget: BudgetName): boolean {
  if (budget === "environment") return !/^functions\/[^/]+\/index\.ts$|^scripts\/|^[^/]+\.config\.ts$/.test(file);
  return /^(shared\/(?!testing\/)|functions\/)/.test(file) && file !== "shared/runtime/system-clock.ts";
}
