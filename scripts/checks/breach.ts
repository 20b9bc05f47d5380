import path from "node:path";
import { type Allowance, allowances, type BudgetName } from "./allow-list.ts";
import type { Finding } from "./check.ts";

/** A finding that the allow-list may cover. */
export interface Breach {
  readonly budget: BudgetName;
  readonly file: string;
  readonly line?: number;
  /** The function, where the budget is about one. */
  readonly name?: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Breaches that no allowance covers, and allowances for one of `budgets` that cover nothing. */
export function withoutAllowed(
  breaches: readonly Breach[],
  budgets: readonly BudgetName[],
  allowed: readonly Allowance[] = allowances,
): Finding[] {
  const stale = allowed.filter(
    (allowance) => budgets.includes(allowance.budget) && !breaches.some((breach) => covers(allowance, breach)),
  );
  return [
    ...breaches.filter((breach) => !allowed.some((allowance) => covers(allowance, breach))).map(findingOf),
    ...stale.map(({ files, budget }) => ({
      where: "scripts/checks/allow-list.ts",
      problem: `allows ${budget} for ${files}, where nothing needs it`,
      remedy: "delete the entry",
    })),
  ];
}

function covers({ budget, files, name }: Allowance, breach: Breach): boolean {
  return budget === breach.budget && path.matchesGlob(breach.file, files) && (name ?? breach.name) === breach.name;
}

function findingOf({ file, line, problem, remedy }: Breach): Finding {
  return { where: line === undefined ? file : `${file}:${line}`, problem, remedy };
}
