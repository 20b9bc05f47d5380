import { expect, it } from "vitest";
import { parseDiagnostics } from "./type-check.ts";
import { countTests, formatCounts } from "./vitest-counts.ts";

const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

it("counts tests by their end", () => {
  expect(formatCounts(countTests({ ...report, numFailedTests: 2 }, 1))).toBe("5 passed, 2 failed");
});

it("names skipped tests only when there are some", () => {
  expect(formatCounts(countTests({ ...report, numPendingTests: 1, numTodoTests: 1 }, 0))).toBe(
    "5 passed, 0 failed, 2 skipped",
  );
});

it("a file that could not be loaded is a failure", () => {
  const broken = { ...report, testResults: [{ status: "failed", assertionResults: [] }] };

  expect(countTests(broken, 1).failed).toBe(1);
});

it("a run that fails without a failed test is a failure", () => {
  expect(countTests(report, 1).failed).toBe(1);
  expect(countTests(null, 137)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it("a diagnostic keeps its indented lines", () => {
  const output = "shared/a.ts(3,7): error TS2322: Wrong.\n  Because of b.\nshared/c.ts(1,1): error TS1: Other.\n";

  expect(parseDiagnostics(output)).toMatchObject([
    { where: "shared/a.ts:3", problem: "Wrong. (TS2322) Because of b." },
    { where: "shared/c.ts:1", problem: "Other. (TS1)" },
  ]);
});
