import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A program to run, as data: what is printed in a dry run is what runs. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's own; here, unlike in `args`, a secret is not seen by others of the machine. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `shown`: its lines appear as they come. `kept`: they are only in the answer. Never throws for a failing program. */
export type RunProcess = (line: CommandLine, output: "shown" | "kept") => Promise<Ended>;

/** What a shell answers for a program that is not there. */
export const NOT_FOUND = 127;
/** Terraform shows the source line of an error; ours are one line of 90,000 characters. */
const LINE_LENGTH = 500;

export interface RunProcessOptions {
  readonly cwd: string;
  readonly say: (line: string) => void;
  /** Ctrl-C: handed on once. Twice would tell Terraform to leave its state locked. */
  readonly interrupted: AbortSignal;
}

export function makeRunProcess({ cwd, say, interrupted }: RunProcessOptions): RunProcess {
  return ({ command, args, env }, output) =>
    new Promise((resolve) => {
      const child = spawn(command, args, {
        cwd,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own: a terminal's Ctrl-C would reach it beside ours, and count as the second.
        detached: process.platform !== "win32",
      });
      const forward = (): void => void signal(child.pid);
      if (interrupted.aborted) forward();
      interrupted.addEventListener("abort", forward, { once: true });
      const show = output === "shown" ? say : () => undefined;
      const [stdout, stderr] = [collect(child.stdout, show), collect(child.stderr, show)];
      const end = (code: number, complaint = ""): void => {
        interrupted.removeEventListener("abort", forward);
        resolve({ code, stdout: stdout().join("\n"), stderr: [...stderr(), complaint].filter(Boolean).join("\n") });
      };
      child.once("error", (error: NodeJS.ErrnoException) =>
        end(NOT_FOUND, error.code === "ENOENT" ? `${command} is not on the PATH` : error.message),
      );
      child.once("close", (code) => end(code ?? 1));
    });
}

function collect(stream: Readable, show: (line: string) => void): () => readonly string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    lines.push(line);
    show(line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)} …` : line);
  });
  return () => lines;
}

function signal(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGINT");
  } catch {
    // It ended by itself meanwhile.
  }
}

/** As one would type it; a variable that may hold a secret is named, not shown. */
export function asTyped({ command, args, env = {} }: CommandLine): string {
  const variables = Object.keys(env)
    .filter((name) => SHOWN.test(name))
    .map((name) => `${name}=${quoted(env[name] ?? "")}`);
  const hidden = Object.keys(env).filter((name) => !SHOWN.test(name) && !SILENT.test(name));
  const program = command === process.execPath ? "node" : command;
  const typed = [...variables, program, ...args.map(quoted)].join(" ");
  return hidden.length === 0 ? typed : `${typed}   (with ${hidden.join(", ")})`;
}

const SHOWN = /^TF_VAR_/;
/** What makes a program quiet is of no interest. */
const SILENT = /^(TF_IN_AUTOMATION|CHECKPOINT_DISABLE|SUPABASE_|DO_NOT_TRACK|PGSSLMODE)/;
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
