import { type ChildProcess, spawn } from "node:child_process";

export interface TiedProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What a clean stop sends: Postgres wants INT (fast shutdown), most others TERM. */
  readonly stopSignal: "INT" | "TERM";
  /** An open file that takes stdout and stderr. */
  readonly output: number;
}

export interface TiedProcess {
  /** Settles when the command has ended, for whatever reason. */
  readonly exited: Promise<void>;
  hasExited(): boolean;
  /** Stops cleanly; after `graceMs` kills the whole process group. */
  stop(graceMs?: number): Promise<void>;
}

// The shell's stdin is a pipe whose other end only we hold. It closes when we close it and also when we are
// killed with -9: either way the command gets its signal, so no Postgres ever outlives the run that started it.
const shell = `
signal=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
( cat <&3 >/dev/null; kill -"$signal" "$child" 2>/dev/null ) 3<&3 &
exec 3<&-
wait "$child"
`;

/**
 * Starts a command that cannot outlive this process. It leads its own process group, so that Ctrl-C in a terminal
 * reaches our supervisor alone and everything stops in order.
 */
export function startTiedProcess(options: TiedProcessOptions): TiedProcess {
  const child = spawnTied(options);
  let ended = false;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      child.stdin?.destroy();
      resolve();
    };
    child.once("exit", end);
    child.once("error", end);
  });
  child.stdin?.on("error", () => undefined);
  return {
    exited,
    hasExited: () => ended,
    async stop(graceMs = 5_000) {
      if (ended) return;
      if (process.platform === "win32") child.kill();
      else child.stdin?.destroy();
      const kill = setTimeout(() => killGroup(child), graceMs);
      await exited;
      clearTimeout(kill);
    },
  };
}

function spawnTied(options: TiedProcessOptions): ChildProcess {
  const windows = process.platform === "win32";
  const [command, args] = windows
    ? [options.command, [...options.args]]
    : ["/bin/sh", ["-c", shell, "sh", options.stopSignal, options.command, ...options.args]];
  return spawn(command, args, {
    stdio: ["pipe", options.output, options.output],
    detached: !windows,
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended between the timer and the signal.
  }
}
