// npm run soak [-- NAME...] [--data DIR] [--json]: the full-size acceptance runs; what they showed is kept in docs/proof.md.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { appendProof } from "./proof.ts";
import { runs } from "./runs.ts";
import { type SoakResult, soak } from "./soak-run.ts";

/** Each run is bounded by this, whatever it does. */
const LIMIT_MS = 60 * 60_000;

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, data: { type: "string" } },
});
const progress = (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`);

async function main(): Promise<boolean> {
  const unknown = positionals.filter((name) => !runs.some((run) => run.name === name));
  const known = runs.map(({ name }) => name).join(", ");
  if (unknown.length > 0) throw new Error(`No run is called ${unknown.join(", ")}; there are: ${known}.`);
  const results: SoakResult[] = [];
  for (const run of runs.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    progress(`${run.name}: ${run.describe}`);
    const report = (line: string) => progress(`  ${line}`);
    const result = await soak(run, { limitMs: LIMIT_MS, report, data: values.data });
    progress(`${run.name} ${result.passed ? "passed" : "failed"} in ${Math.round(result.elapsedMs / 1000)} s`);
    if (result.failure !== null) progress(result.failure);
    // At once: a later run that is broken off must not take this report with it.
    await appendProof(root, [result]);
    results.push(result);
  }
  const passed = results.every((result) => result.passed);
  if (values.json) process.stdout.write(`${JSON.stringify({ passed, runs: results })}\n`);
  return passed;
}

main().then(
  // A run that hit its limit is still holding processes and timers.
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
