import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../infra/environment.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LIST = "export const environments";

/** For a file that is not there yet. */
const HEADER = `// The environments there are; infra/environment.ts says what each field means. Nothing here is secret.
import type { Environment } from "./environment.ts";

`;

/**
 * The text of the environments file: the header of the one that is there, and the list, in the project's format. Every
 * field is written as it is, so that a new one needs nothing here.
 */
export async function renderEnvironments(file: string, environments: readonly Environment[]): Promise<string> {
  const header = existsSync(file) ? headerOf(await readFile(file, "utf8")) : HEADER;
  return await format(`${header}${LIST}: readonly Environment[] = ${JSON.stringify(environments)};\n`);
}

/** Everything before the list, where comments are kept. */
function headerOf(source: string): string {
  const start = source.indexOf(LIST);
  return start < 0 ? HEADER : source.slice(0, start);
}

/** Biome's formatter, as the check demands it. */
async function format(source: string): Promise<string> {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const args = [biome, "format", "--stdin-file-path=infra/environments.ts"];
  const child = spawn(process.execPath, args, { cwd: path.resolve(ROOT), stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(source);
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [formatted, complaint, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`biome could not format the environments: ${complaint.split("\n")[0]}`);
  return formatted.toString("utf8");
}
