import type { Check, Finding } from "./check.ts";
import { runTool } from "./run-tool.ts";

const DIAGNOSTIC = /^(?<file>[^\s(][^(]*)\((?<line>\d+),\d+\): error (?<code>TS\d+): (?<message>.*)$/;

/** The types of everything in tsconfig.json, by the native compiler. */
export const typeCheck: Check = {
  name: "types",
  run: async (root) => {
    const args = ["--noEmit", "--pretty", "false", "--listFiles", "-p", "."];
    const { exitCode, stdout, stderr } = await runTool(root, "typescript-native/bin/tsc", args);
    const lines = stdout.split("\n");
    const findings = lines.flatMap((line) => findingOf(line) ?? []);
    // Only what stands outside every file (a broken tsconfig.json, a crash) can fail without a line of that form.
    if (exitCode !== 0 && findings.length === 0) throw new Error(`tsc failed: ${stdout}${stderr}`);
    const own = lines.filter((line) => line.startsWith(root) && !line.includes("/node_modules/"));
    if (own.length === 0) throw new Error("tsc looked at no file of ours: see include in tsconfig.json");
    return { seen: `${own.length} files`, findings };
  },
};

function findingOf(line: string): Finding | null {
  const groups = DIAGNOSTIC.exec(line)?.groups;
  if (groups === undefined) return null;
  const { file = "", line: at = "", code = "", message = "" } = groups;
  return { where: `${file}:${at}`, problem: `${message} (${code})`, remedy: "make the types agree" };
}
