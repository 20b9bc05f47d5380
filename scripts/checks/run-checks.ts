import type { Check, CheckResult } from "./check.ts";

/**
 * Runs all checks side by side: the slow ones are child processes with a core of their own.
 * A check that throws is a failed check, never the end of the others.
 * @param finished is told each result as it comes
 */
export function runChecks(
  checks: readonly Check[],
  root: string,
  finished: (result: CheckResult) => void,
): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async (check) => {
      const result = await runCheck(check, root);
      finished(result);
      return result;
    }),
  );
}

async function runCheck(check: Check, root: string): Promise<CheckResult> {
  const startedAt = performance.now();
  const inspection = await check.run(root).catch((error: unknown) => ({
    seen: "nothing",
    findings: [
      {
        where: "scripts/checks",
        problem: `the check itself failed: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "run npm run check again; if it stays, repair the check",
      },
    ],
  }));
  return { name: check.name, elapsedMs: Math.round(performance.now() - startedAt), ...inspection };
}
