import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../local/database/free-port.ts";

/** How to start something that listens on `$PORT`. */
export interface Command {
  /** Arguments of this Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** All it gets, besides PATH and PORT. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A start to its first successful answer. `null`: this machine does not tell (no /proc). */
export interface StartFigures {
  /** From the spawn to the answer's end. */
  readonly firstAnswerMs: number;
  /** Of all its threads, until then. */
  readonly cpuMs: number | null;
  /** The most memory it ever had resident, in MiB. */
  readonly peakRssMiB: number | null;
}

const POLL_MS = 1;
const START_TIMEOUT_MS = 60_000;
const MAX_ERROR_TEXT = 2_000;

/**
 * Starts a process on one core, as a function's instance with one vCPU has it, and asks it once.
 * @param ask makes the request at the address given; it throws unless the answer is a good one
 */
export async function measureStart(
  command: Command,
  ask: (url: string) => Promise<void>,
  interrupted: AbortSignal,
): Promise<StartFigures> {
  const port = await freePort();
  const begun = performance.now();
  const { child, complaint, kill } = startOn(port, command);
  try {
    await accepting(child, port, AbortSignal.any([interrupted, AbortSignal.timeout(START_TIMEOUT_MS)]));
    await ask(`http://127.0.0.1:${port}`);
    const firstAnswerMs = performance.now() - begun;
    return { firstAnswerMs, cpuMs: await cpuMsOf(child), peakRssMiB: await peakRssMiBOf(child) };
  } catch (error) {
    throw new Error(`${command.args.join(" ")}: ${(error as Error).message}\n${complaint()}`, { cause: error });
  } finally {
    await kill();
  }
}

export interface StartedProcess {
  readonly child: ChildProcess;
  /** The last of what it printed. */
  complaint(): string;
  kill(): Promise<void>;
}

/** Starts it on one core, to listen on the port. */
export function startOn(port: number, { args, cwd, environment }: Command): StartedProcess {
  const [program, ...rest] = [...onOneCore(), process.execPath, ...args];
  const child = spawn(program ?? "", rest, {
    cwd,
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...environment, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, complaint: collectComplaint(child), kill: () => killed(child) };
}

let pinning: readonly string[] | undefined;

/** The last core, where the machine has `taskset` (it becomes the program, with the same process id). */
export function onOneCore(): readonly string[] {
  const core = String(cpus().length - 1);
  pinning ??= spawnSync("taskset", ["-c", core, "true"]).status === 0 ? ["taskset", "-c", core] : [];
  return pinning;
}

function collectComplaint(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-MAX_ERROR_TEXT);
    });
  }
  return () => text;
}

async function accepting(child: ChildProcess, port: number, given: AbortSignal): Promise<void> {
  while (!(await canConnect(port))) {
    given.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended before it could be asked");
    await delay(POLL_MS);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Time on the processor of the threads that live; /proc counts it in nanoseconds. */
async function cpuMsOf({ pid }: ChildProcess): Promise<number | null> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const times = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8")));
    return times.reduce((sum, time) => sum + Number(time.split(" ")[0]), 0) / 1e6;
  } catch {
    return null;
  }
}

async function peakRssMiBOf({ pid }: ChildProcess): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
