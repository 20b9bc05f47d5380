// npm test [-- arguments of vitest]: the checks, then the tests; ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checks } from "./checks.ts";
import { formatResult } from "./print-report.ts";
import { runChecks } from "./run-checks.ts";
import { type Counts, countTests, formatCounts, type VitestReport } from "./vitest-counts.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const say = (line: string) => process.stdout.write(`${line}\n`);

async function checkCounts(): Promise<Counts> {
  const results = await runChecks(checks, root, (result) => say(formatResult(result)));
  const failed = results.filter(({ findings }) => findings.length > 0).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

/** @returns the exit code; vitest writes its progress to our own stdout */
function runVitest(args: readonly string[], reportFile: string): Promise<number> {
  const script = path.join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [script, "run", ...reporters, ...args], { cwd: root, stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.once("SIGTERM", forward).once("SIGHUP", forward);
  // A terminal's Ctrl-C reaches vitest by itself, which stops Postgres and ends; then we end.
  process.on("SIGINT", () => undefined);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

async function testCounts(args: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(path.join(tmpdir(), "booking-insights-test-"));
  const reportFile = path.join(folder, "vitest.json");
  try {
    const exitCode = await runVitest(args, reportFile);
    const report = await readFile(reportFile, "utf8").then(
      (text) => JSON.parse(text) as VitestReport,
      () => null,
    );
    return countTests(report, exitCode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const parts = [await checkCounts(), await testCounts(process.argv.slice(2))];
const sum = (count: (part: Counts) => number) => parts.reduce((total, part) => total + count(part), 0);
const total = {
  passed: sum((part) => part.passed),
  failed: sum((part) => part.failed),
  skipped: sum((p) => p.skipped),
};
process.exitCode = total.failed === 0 ? 0 : 1;
say(formatCounts(total));
