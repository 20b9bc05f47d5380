import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { FunctionName } from "../../infra/topology/functions.ts";
import { freePort } from "../local/database/free-port.ts";
import { NODE_FLAGS } from "./loader.ts";
import { startEnvironment } from "./start-environment.ts";

/** What a function does before its code cache is taken: the cache holds what was compiled until then. */
export interface Occasion {
  portOf(name: FunctionName): number | Promise<number>;
  environmentFor(name: FunctionName): Promise<Readonly<Record<string, string>>>;
  /** Asks the running function for its work; throws when it is not done. */
  play(name: FunctionName, url: string): Promise<void>;
}

/** The least: one answer to somebody without a token, in a world where nothing can be reached. */
export const strangersCall: Occasion = {
  portOf: () => freePort(),
  environmentFor: async (name) => startEnvironment(name),
  play: async (name, url) => {
    const { status } = await fetch(url);
    if (status >= 500) throw new Error(`${name} answers ${status} to a stranger`);
  },
};

const CACHING_FUNCTION = path.join(import.meta.dirname, "caching-function.ts");
const POLL_MS = 20;
const START_TIMEOUT_MS = 60_000;

export interface CodeCacheOptions {
  /** Of the built function. */
  readonly folder: string;
  /** The file to write. */
  readonly cache: string;
  readonly occasion: Occasion;
}

/** Starts a built function as the platform does, lets it work once, and has it write V8's code cache. */
export async function takeCodeCache(name: FunctionName, { folder, cache, occasion }: CodeCacheOptions): Promise<void> {
  const port = await occasion.portOf(name);
  const environment = await occasion.environmentFor(name);
  const child = spawn(process.execPath, [...NODE_FLAGS, CACHING_FUNCTION, folder, cache], {
    cwd: folder,
    env: { ...environment, FUNCTION_TARGET: name, NODE_ENV: "production", PATH: process.env["PATH"], PORT: `${port}` },
    stdio: ["pipe", "ignore", "pipe"],
  });
  const complaint: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaint.push(chunk));
  try {
    await accepting(child, `http://127.0.0.1:${port}/favicon.ico`);
    await occasion.play(name, `http://127.0.0.1:${port}`);
    await ended(child);
    if (!existsSync(cache)) throw new Error("it wrote no code cache");
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}\n${Buffer.concat(complaint)}`.trimEnd(), { cause: error });
  } finally {
    child.kill("SIGKILL");
  }
}

/** The framework answers for this path itself, with 404. */
async function accepting(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return;
    await delay(POLL_MS);
  }
  throw new Error("it does not start");
}

/** The end of its input tells it to write the cache and go. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.stdin?.end();
  await exit;
}
