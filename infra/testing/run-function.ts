import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../scripts/local/database/free-port.ts";
import type { FunctionName } from "../topology/functions.ts";

const root = path.resolve(import.meta.dirname, "../..");
const framework = createRequire(import.meta.url).resolve("@google-cloud/functions-framework");
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

export interface FunctionRun {
  readonly name: FunctionName;
  readonly environment: Readonly<Record<string, string>>;
  /** Sends requests once the function listens. */
  readonly call: (url: string) => Promise<void>;
}

/** Runs a function's own index.ts in a process, as Cloud Run does, and gives the JSON lines that it printed. */
export async function linesOfRun({ name, environment, call }: FunctionRun): Promise<string[]> {
  const port = await freePort();
  const source = path.join(root, "functions", name, "index.ts");
  const main = path.join(path.dirname(framework), "main.js");
  const child = spawn(process.execPath, [main, "--source", source, "--target", name], {
    cwd: root,
    env: { NODE_ENV: "production", PORT: String(port), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  let trouble = "";
  child.stderr.on("data", (chunk) => {
    trouble += String(chunk);
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await listening(url, exited).catch((error: unknown) => {
      throw new Error(`${name} did not start: ${trouble}`, { cause: error });
    });
    await call(url);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
  return lines.filter((line) => line.startsWith("{"));
}

async function listening(url: string, exited: Promise<unknown>): Promise<void> {
  const ended = exited.then(() => Promise.reject(new Error("it ended")));
  ended.catch(() => undefined);
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!deadline.aborted) {
    // A path of nobody: it costs the function nothing, and any answer says that it listens.
    const asked = fetch(`${url}/favicon.ico`).then(
      () => true,
      () => false,
    );
    if (await Promise.race([asked, ended])) return;
    await delay(POLL_MS);
  }
  throw new Error("it did not listen in time");
}
