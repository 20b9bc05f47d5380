import type { Check, Finding } from "./check.ts";
import { runTool } from "./run-tool.ts";

interface BiomeReport {
  readonly summary: { readonly changed: number; readonly unchanged: number };
  readonly diagnostics: readonly {
    readonly severity: string;
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

const FORMATTED = new Set(["format", "assist/source/organizeImports"]);

/** biome: format, order of imports, lint rules of biome.json. Warnings count: a warning nobody reads is noise. */
export const formatAndLint: Check = {
  name: "format and lint",
  run: async (root) => {
    const args = ["check", "--reporter=json", "--max-diagnostics=none", "--diagnostic-level=warn", "."];
    const { exitCode, stdout, stderr } = await runTool(root, "@biomejs/biome/bin/biome", args);
    const start = stdout.indexOf("{");
    if (start < 0) throw new Error(`biome printed no report: ${stderr || stdout}`);
    const report = JSON.parse(stdout.slice(start)) as BiomeReport;
    const findings = report.diagnostics.map(findingOf);
    if (exitCode !== 0 && findings.length === 0) throw new Error(`biome failed without a diagnostic: ${stderr}`);
    return { seen: `${report.summary.changed + report.summary.unchanged} files`, findings };
  },
};

function findingOf({ category, message, location }: BiomeReport["diagnostics"][number]): Finding {
  const formatting = FORMATTED.has(category);
  return {
    where: formatting ? location.path : `${location.path}:${location.start.line}`,
    problem: formatting ? "is not formatted" : `${message} (${category})`,
    remedy: formatting ? `npx biome check --write ${location.path}` : "see https://biomejs.dev/linter",
  };
}
