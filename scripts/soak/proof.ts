import { execFile } from "node:child_process";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { SoakResult } from "./soak-run.ts";

const TITLE =
  "# Proof\n\nWhat full-size runs (`npm run soak`) showed, the latest last. Each section is written by the run itself.\n";

/** Adds a dated section for each result to docs/proof.md; makes the file when there is none. */
export async function appendProof(root: string, results: readonly SoakResult[]): Promise<void> {
  const file = path.join(root, "docs", "proof.md");
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, TITLE, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const commit = await commitOf(root);
  await appendFile(file, results.map((result) => proofSection(result, commit)).join(""));
}

/** One result as Markdown. */
export function proofSection(result: SoakResult, commit: string): string {
  const { name, describe, passed, startedAt, elapsedMs, lines, failure } = result;
  const when = `${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const where = `commit ${commit}, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
  const tried = lines.length === 0 ? "" : `\n${lines.map((line) => `- ${oneLine(line)}`).join("\n")}\n`;
  const why = failure === null ? "" : `\nFailed:\n\n\`\`\`text\n${failure}\n\`\`\`\n`;
  return `
## ${when}: ${name} ${passed ? "passed" : "failed"}

${describe}; ${(elapsedMs / 1000).toFixed(0)} s, ${where}.
${tried}${why}`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** The commit that was run, marked when files differ from it. */
export async function commitOf(root: string): Promise<string> {
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: root });
  try {
    const [{ stdout: hash }, { stdout: changes }] = await Promise.all([
      git("rev-parse", "--short", "HEAD"),
      git("status", "--porcelain"),
    ]);
    return `${hash.trim()}${changes === "" ? "" : " with changes"}`;
  } catch {
    return "unknown";
  }
}
