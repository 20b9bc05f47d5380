// npm run check [-- --json]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checks } from "./checks.ts";
import { formatResult } from "./print-report.ts";
import { runChecks } from "./run-checks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

const results = await runChecks(checks, root.replace(/\/$/, ""), (result) => {
  if (!values.json) process.stdout.write(`${formatResult(result)}\n`);
});
const failed = results.filter(({ findings }) => findings.length > 0);
process.exitCode = failed.length === 0 ? 0 : 1;
process.stdout.write(
  values.json
    ? `${JSON.stringify({ passed: failed.length === 0, checks: results })}\n`
    : `${results.length - failed.length} passed, ${failed.length} failed\n`,
);
