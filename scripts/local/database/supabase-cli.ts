import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds `supabase/config.toml` and the migrations. */
export const databaseFolder = fileURLToPath(new URL("../../../db", import.meta.url));

const environment = {
  SUPABASE_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  SUPABASE_NO_UPDATE_NOTIFIER: "1",
  // The loopback needs no TLS, and without this the CLI warns about it on stdout.
  PGSSLMODE: "disable",
};
const maxOutputBytes = 64 * 1024 * 1024;

export interface SupabaseCliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the real Supabase CLI (npm package `supabase`, a native binary per platform as optional dependency,
 * so it is there with install scripts blocked). Never throws for a failing command: look at `exitCode`.
 * @param workFolder parent of the `supabase` folder to work on; ours by default
 */
export function supabaseCli(args: readonly string[], workFolder = databaseFolder): Promise<SupabaseCliResult> {
  const command = [cliEntry(), "--workdir", workFolder, ...args];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      command,
      { env: { ...process.env, ...environment }, cwd: workFolder, maxBuffer: maxOutputBytes },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** Applies the migrations that the database does not have yet, as its own owner would. */
export async function pushMigrations(databaseUrl: string, workFolder = databaseFolder): Promise<string> {
  const result = await supabaseCli(["db", "push", `--remote=${databaseUrl}`, "--include-all", "--yes"], workFolder);
  if (result.exitCode !== 0) {
    throw new Error(`Migrations failed (supabase db push):\n${result.stdout}${result.stderr}`);
  }
  return result.stdout + result.stderr;
}

function cliEntry(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("supabase/package.json");
    return path.join(path.dirname(manifest), "dist", "supabase.js");
  } catch (cause) {
    throw new Error('The Supabase CLI is not installed. Run "npm run bootstrap".', { cause });
  }
}
