import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FunctionName } from "../../infra/topology/functions.ts";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const exitWithParent = fileURLToPath(new URL("exit-with-parent.ts", import.meta.url));
const framework = createRequire(import.meta.url).resolve("@google-cloud/functions-framework");

/** A dead function is back within this time, plus its own start. */
const RESTART_DELAY_MS = 100;
const READY_POLL_MS = 50;
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 3_000;

export interface FunctionProcessOptions {
  readonly name: FunctionName;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Receives everything the function prints. */
  readonly logFile: string;
}

/** One function under supervision: it is started again whenever it ends, until `stop`. */
export interface FunctionProcess {
  readonly name: FunctionName;
  readonly url: string;
  readonly logFile: string;
  /** Resolves once the function accepts connections. */
  ready(): Promise<void>;
  /** Kills the running process with SIGKILL; the supervisor starts another. */
  kill(): void;
  /** How often it has been started. */
  starts(): number;
  stop(): Promise<void>;
}

/** Runs a function's sources on functions-framework, as Cloud Run would run its bundle. */
export function superviseFunction(options: FunctionProcessOptions): FunctionProcess {
  const log = createWriteStream(options.logFile, { flags: "a" });
  let starts = 0;
  let stopping = false;
  let child = launch();

  function launch(): ChildProcess {
    starts += 1;
    const started = spawnFunction(options, log);
    started.once("exit", (code, signal) => {
      if (stopping) return;
      log.write(`${JSON.stringify({ supervisor: "ended", code, signal })}\n`);
      void delay(RESTART_DELAY_MS).then(() => {
        if (!stopping) child = launch();
      });
    });
    return started;
  }

  return {
    name: options.name,
    url: `http://127.0.0.1:${options.port}`,
    logFile: options.logFile,
    ready: () => accepting(options),
    kill: () => void child.kill("SIGKILL"),
    starts: () => starts,
    stop: async () => {
      stopping = true;
      await ended(child);
      log.end();
    },
  };
}

function spawnFunction({ name, port, environment }: FunctionProcessOptions, log: WriteStream): ChildProcess {
  const source = path.join(projectFolder, "functions", name, "index.ts");
  const main = path.join(path.dirname(framework), "main.js");
  const child = spawn(process.execPath, ["--import", exitWithParent, main, "--source", source, "--target", name], {
    cwd: projectFolder,
    // Nothing of the operator's own environment reaches a function: credentials lying about must not be used.
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "production",
      ...environment,
      PORT: String(port),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.stdin?.on("error", () => undefined);
  return child;
}

async function accepting({ name, port, logFile }: FunctionProcessOptions): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await canConnect(port))) {
    if (performance.now() > deadline) throw new Error(`function ${name} does not start; see ${logFile}`);
    await delay(READY_POLL_MS);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
  await exit;
  clearTimeout(force);
}
