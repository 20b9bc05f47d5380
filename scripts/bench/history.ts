import { appendFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Comparison } from "./compare.ts";
import { type Machine, machineText } from "./machine.ts";
import { markdownText } from "./print-table.ts";

const FILE = "docs/performance.md";
const TITLE = `# Performance

What \`npm run bench -- --record\` measured, the latest last. Only ratios within one run compare; milliseconds of two runs do not.
`;

export interface RecordedRun {
  readonly benchmark: string;
  readonly startedAt: Date;
  readonly machine: Machine;
  readonly comparison: Comparison;
}

/** Adds a dated section to docs/performance.md, makes the file when there is none, and returns its path. */
export async function appendHistory(root: string, run: RecordedRun): Promise<string> {
  const file = path.join(root, FILE);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, TITLE, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await appendFile(file, historySection(run));
  return FILE;
}

/** One run as Markdown. */
export function historySection({ benchmark, startedAt, machine, comparison }: RecordedRun): string {
  const when = `${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `\n## ${when}: ${benchmark}\n\n${machineText(machine)}.\n\n${markdownText(comparison)}`;
}
