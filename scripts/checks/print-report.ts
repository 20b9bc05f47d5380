import colors from "picocolors";
import type { CheckResult } from "./check.ts";

/** More of one kind hides the other checks; the rest is one command away. */
const SHOWN_FINDINGS = 40;

/** One line for a check that passed; for one that did not, what is wrong, where, and how to fix it. */
export function formatResult({ name, seen, findings, elapsedMs }: CheckResult): string {
  const time = colors.dim(`${(elapsedMs / 1000).toFixed(1)} s`);
  if (findings.length === 0) return `${colors.green("ok")}   ${name} (${seen}) ${time}`;
  const shown = findings
    .slice(0, SHOWN_FINDINGS)
    .map(({ where, problem, remedy }) => `       ${colors.bold(where)} ${problem}\n         ${colors.dim(remedy)}`);
  const hidden = findings.length - shown.length;
  if (hidden > 0) shown.push(`       … and ${hidden} more: npm run --silent check -- --json`);
  return [`${colors.red("FAIL")} ${name} (${seen}): ${findings.length} to fix ${time}`, ...shown].join("\n");
}
