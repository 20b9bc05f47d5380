import { execFile } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chown, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { startTiedProcess, type TiedProcess } from "./tied-process.ts";

/** The fixed local password of every login role, as in the Supabase CLI's own local stack. */
export const localPassword = "postgres";

export interface Cluster {
  readonly port: number;
  readonly dataDirectory: string;
  /** Process id of the postmaster, for tests that kill it. */
  readonly pid: number;
  /** Settles when the server has ended, also when it was killed. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  readonly dataDirectory: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
}

// Durability against power loss is not wanted on a laptop; crash recovery after a kill works without it.
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "logical",
  fsync: "off",
  full_page_writes: "off",
  max_connections: "200",
  timezone: "UTC",
  log_timezone: "UTC",
  // Short queries of many small databases: compiling them costs more than running them.
  jit: "off",
  max_wal_size: "256MB",
} as const;

/** Part of the key under which a data directory is cached. */
export const clusterSettings = JSON.stringify(settings);

const maxAttempts = 10;
const startTimeoutMs = 30_000;

/** Creates an empty cluster whose superuser is `supabase_admin`, as on the platform. */
export async function initialiseCluster(binaries: PostgresBinaries, dataDirectory: string): Promise<void> {
  const passwordFile = `${dataDirectory}.password`;
  await writeFile(passwordFile, localPassword, { mode: 0o600 });
  if (binaries.runAs) await chown(passwordFile, binaries.runAs.uid, binaries.runAs.gid);
  const args = [
    `--pgdata=${dataDirectory}`,
    "--username=supabase_admin",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    // 1 MB segments instead of 16: a copy of the directory is a third smaller.
    "--wal-segsize=1",
    // One round instead of 4096: the password is public, and every connection of every test would pay.
    "--set=scram_iterations=1",
  ];
  try {
    await promisify(execFile)(binaries.initdb, args, { ...binaries.runAs, cwd: path.dirname(dataDirectory) });
  } catch (cause) {
    throw new Error(`initdb failed: ${(cause as { stderr?: string }).stderr ?? String(cause)}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Starts a server on a data directory and resolves when it accepts connections. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    try {
      return await startOnPort(options, port);
    } catch (error) {
      if (attempt === maxAttempts || !mayTryAgain(error, options)) throw error;
    }
  }
}

/** Somebody took the free port; or the backends of a killed server have not noticed yet that it is gone. */
function mayTryAgain(error: unknown, options: ClusterOptions): boolean {
  const message = error instanceof Error ? error.message : "";
  return (!options.port && message.includes("Address already in use")) || message.includes("is still in use");
}

async function startOnPort({ binaries, dataDirectory }: ClusterOptions, port: number): Promise<Cluster> {
  const logFile = `${dataDirectory}.log`;
  const stalePid = await postmasterPid(dataDirectory);
  const log = openSync(logFile, "a");
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = startTiedProcess({
    command: binaries.postgres,
    args: ["-D", dataDirectory, "-p", String(port), ...flags],
    cwd: path.dirname(dataDirectory),
    stopSignal: "INT",
    output: log,
    ...binaries.runAs,
  });
  closeSync(log);
  const pid = await ready(server, { dataDirectory, logFile, stalePid });
  return { port, dataDirectory, pid, exited: server.exited, stop: () => server.stop() };
}

interface Startup {
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Left behind by a killed server. */
  readonly stalePid: number | undefined;
}

/** Resolves with the process id when the server accepts connections. */
async function ready(server: TiedProcess, { dataDirectory, logFile, stalePid }: Startup): Promise<number> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && !server.hasExited()) {
    const pid = await postmasterPid(dataDirectory);
    if (pid !== undefined && pid !== stalePid) return pid;
    await sleep(10);
  }
  await server.stop();
  const tail = (await readFile(logFile, "utf8").catch(() => "")).split("\n").slice(-15).join("\n");
  throw new Error(`Postgres did not start on ${dataDirectory}:\n${tail}`);
}

/** The first line of postmaster.pid is the process id; the eighth says `ready` once connections are accepted. */
async function postmasterPid(dataDirectory: string): Promise<number | undefined> {
  const lines = (await readFile(path.join(dataDirectory, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return lines[7]?.trim() === "ready" ? Number(lines[0]) : undefined;
}
