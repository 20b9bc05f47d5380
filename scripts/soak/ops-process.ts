import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { LocalStack } from "../local/start-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MEMORY_POLL_MS = 500;

export interface OpsEnd<Report> {
  /** Null: it was killed. */
  readonly exitCode: number | null;
  readonly report: Report | null;
  /** Everything it told on the way, line by line. */
  readonly told: readonly { readonly atMs: number; readonly line: string }[];
  readonly endedAtMs: number;
  /** Its resident size, twice a second. */
  readonly residentBytes: readonly number[];
}

export interface OpsProcess<Report> {
  readonly ended: Promise<OpsEnd<Report>>;
  kill(): void;
}

/** `npm run ops -- … --json` as an operator of this stack runs it: with nothing but the address and the key. */
export function startOps<Report>(stack: LocalStack, args: readonly string[]): OpsProcess<Report> {
  const { supabaseUrl, supabaseSecretKey } = stack.addresses;
  const child = spawn(process.execPath, ["scripts/ops/main.ts", ...args, "--json"], {
    cwd: root,
    env: { PATH: process.env["PATH"], SUPABASE_URL: supabaseUrl, SUPABASE_SECRET_KEY: supabaseSecretKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const told: OpsEnd<Report>["told"][number][] = [];
  const sizes: number[] = [];
  let stdout = "";
  const poll = setInterval(async () => {
    const bytes = await residentBytes(child.pid);
    if (bytes > 0) sizes.push(bytes);
  }, MEMORY_POLL_MS);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trimEnd().split("\n")) told.push({ atMs: performance.now(), line });
  });
  const ended = new Promise<OpsEnd<Report>>((resolve) => {
    child.once("close", (exitCode) => {
      clearInterval(poll);
      const report = stdout === "" ? null : (JSON.parse(stdout) as Report);
      resolve({ exitCode, report, told, endedAtMs: performance.now(), residentBytes: sizes });
    });
  });
  return { ended, kill: () => void child.kill("SIGKILL") };
}

/** Runs it to its end; throws with its own words when it fails. */
export async function runOps<Report>(
  stack: LocalStack,
  ...args: string[]
): Promise<OpsEnd<Report> & { readonly report: Report }> {
  const end = await startOps<Report>(stack, args).ended;
  if (end.exitCode !== 0 || end.report === null) {
    const words = end.told.map(({ line }) => line).join("\n");
    throw new Error(`ops ${args.join(" ")} ended with ${end.exitCode}: ${JSON.stringify(end.report)}\n${words}`);
  }
  return { ...end, report: end.report };
}

/** VmRSS of a process; 0 where there is no /proc, and for a process that has ended. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, days: 86_400 };

/** How wrong each remaining time was that it told: told over actual, for those made with at least so much left. */
export function predictions(
  { told, endedAtMs }: Pick<OpsEnd<unknown>, "told" | "endedAtMs">,
  leastMs: number,
): number[] {
  return told.flatMap(({ atMs, line }) => {
    const [, count, unit] = /about (\d+) (s|min|h|days) left/.exec(line) ?? [];
    const actualMs = endedAtMs - atMs;
    if (count === undefined || unit === undefined || actualMs < leastMs) return [];
    return [(Number(count) * (SECONDS[unit] ?? 0) * 1_000) / actualMs];
  });
}
