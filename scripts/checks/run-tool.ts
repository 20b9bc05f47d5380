import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/** A tool that hangs must not hang the whole check. */
const TOOL_TIMEOUT_MS = 5 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a JavaScript file of a dependency under this Node; a non-zero exit is a result, not an error.
 * @param file path below node_modules
 */
export function runTool(root: string, file: string, args: readonly string[]): Promise<ToolResult> {
  const script = path.join(root, "node_modules", file);
  if (!existsSync(script)) throw new Error(`node_modules/${file} is missing: run npm ci`);
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, ...args],
      { cwd: root, maxBuffer: MAX_OUTPUT_BYTES, timeout: TOOL_TIMEOUT_MS },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") return reject(error);
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}
