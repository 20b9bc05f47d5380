import type { Check, Finding } from "./check.ts";
import { runTool } from "./run-tool.ts";

const DIAGNOSTIC = /^(?<file>[^\s(][^(]*)\((?<line>\d+),\d+\): error (?<code>TS\d+): (?<message>.*)$/;

/** Types, by TypeScript 7 (`typescript-native`; the root `typescript` is 6, for tools that need its API). */
export const typeCheck: Check = {
  name: "types",
  run: async (root) => {
    const args = ["--noEmit", "--pretty", "false", "--listFiles", "-p", "."];
    const { exitCode, stdout, stderr } = await runTool(root, "typescript-native/bin/tsc", args);
    const findings = parseDiagnostics(stdout);
    // Only what stands outside every file (a broken tsconfig.json, a crash) can fail without a line of that form.
    if (exitCode !== 0 && findings.length === 0) throw new Error(`tsc failed: ${stdout}${stderr}`);
    const own = stdout.split("\n").filter((line) => line.startsWith(root) && !line.includes("/node_modules/"));
    if (own.length === 0) throw new Error("tsc looked at no file of ours: see include in tsconfig.json");
    return { seen: `${own.length} files`, findings };
  },
};

/** Reads tsc's plain output; indented lines belong to the diagnostic above them. */
export function parseDiagnostics(output: string): Finding[] {
  const findings: Finding[] = [];
  for (const text of output.split(/\r?\n/)) {
    const found = DIAGNOSTIC.exec(text)?.groups;
    const last = findings.at(-1);
    if (found !== undefined) {
      const { file, line, code, message } = found;
      const remedy = "make the types agree; no any, no !, no @ts-ignore";
      findings.push({ where: `${file}:${line}`, problem: `${message} (${code})`, remedy });
    } else if (last !== undefined && text.startsWith("  ")) {
      findings[findings.length - 1] = { ...last, problem: `${last.problem} ${text.trim()}` };
    }
  }
  return findings;
}
