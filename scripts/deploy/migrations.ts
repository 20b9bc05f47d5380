import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";
import { DeployError } from "./deploy-error.ts";
import type { CommandLine, RunProcess } from "./run-process.ts";

export interface Migration {
  readonly file: string;
  /** What its first line says; one that says nothing counts as breaking. */
  readonly breaking: boolean;
  readonly what: string;
}

/** Where the migrations go: a database address, or a project that the Supabase CLI finds with its access token. */
export interface MigrationTarget {
  readonly remote: string;
  readonly env: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string | undefined>>;

export const MIGRATIONS_FOLDER = "db/supabase/migrations";

const QUIET = { SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", SUPABASE_NO_UPDATE_NOTIFIER: "1" };
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * `SUPABASE_DB_URL`, else the project of the environment's address, for which the CLI has `SUPABASE_ACCESS_TOKEN` or a
 * login of its own. A password leaves the address: arguments show in the list of processes, PGPASSWORD does not.
 */
export function migrationTarget(supabaseUrl: string, variables: Variables): MigrationTarget {
  const databaseUrl = variables["SUPABASE_DB_URL"];
  const reference = /^https:\/\/([a-z0-9]{20})\.supabase\.co$/.exec(supabaseUrl)?.[1];
  if (databaseUrl !== undefined && databaseUrl !== "") return databaseTarget(databaseUrl, { reference, variables });
  if (reference !== undefined) return { remote: reference, env: QUIET };
  throw new DeployError(
    `Set SUPABASE_DB_URL to the database's address (Supabase dashboard > Connect > Session pooler): ${supabaseUrl} does not name a project of supabase.co.`,
  );
}

interface TargetContext {
  /** Of the environment's project at supabase.co; a project elsewhere has none. */
  readonly reference: string | undefined;
  readonly variables: Variables;
}

function databaseTarget(text: string, { reference, variables }: TargetContext): MigrationTarget {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new DeployError("SUPABASE_DB_URL is no address of a database: postgresql://user@host:5432/postgres");
  }
  // `db.<ref>.supabase.co`, or the pooler with the user `postgres.<ref>`.
  if (reference !== undefined && !`${url.username}.${url.hostname}`.split(".").includes(reference)) {
    throw new DeployError(`SUPABASE_DB_URL is the database of another project than ${supabaseAddress(reference)}.`);
  }
  const password = decodeURIComponent(url.password) || variables["SUPABASE_DB_PASSWORD"] || variables["PGPASSWORD"];
  url.password = "";
  const tls: Record<string, string> = LOOPBACK.has(url.hostname) ? { PGSSLMODE: "disable" } : {};
  return { remote: url.href, env: { ...QUIET, ...tls, ...(password && { PGPASSWORD: password }) } };
}

const supabaseAddress = (reference: string): string => `https://${reference}.supabase.co`;

/** The CLI that comes with the dependencies, on `db/supabase`. */
function pushLine({ remote, env }: MigrationTarget, args: readonly string[]): CommandLine {
  const manifest = createRequire(import.meta.url).resolve("supabase/package.json");
  const cli = path.relative("", path.join(path.dirname(manifest), "dist", "supabase.js"));
  const push = ["--workdir", "db", "db", "push", "--include-all", "--yes", "--output-format", "json"];
  return { command: process.execPath, args: [cli, ...push, ...args, `--remote=${remote}`], env };
}

export const migrationLines = (target: MigrationTarget) => ({
  preview: pushLine(target, ["--dry-run"]),
  push: pushLine(target, []),
});

const answer = z.looseObject({ migrations: z.array(z.string()) });
const refusal = z.looseObject({ error: z.looseObject({ message: z.string(), suggestion: z.string().optional() }) });

/** What the database does not have yet, in order. */
export async function pendingMigrations(
  run: RunProcess,
  target: MigrationTarget,
  folder = MIGRATIONS_FOLDER,
): Promise<readonly Migration[]> {
  const files = await push(run, migrationLines(target).preview);
  return await Promise.all(files.map((file) => readMigration(file, folder)));
}

export async function applyMigrations(run: RunProcess, target: MigrationTarget): Promise<readonly string[]> {
  return await push(run, migrationLines(target).push);
}

async function push(run: RunProcess, line: CommandLine): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run(line, "kept");
  if (code === 0) return answer.parse(lastJson(stdout)).migrations;
  const told = refusal.safeParse(lastJson(stdout));
  const reason = told.success ? told.data.error.message : (stderr.split("\n").at(-1) ?? "");
  throw new DeployError(`supabase db push failed: ${reason.split("\n")[0]} ${mendOf(`${reason}\n${stderr}`)}`.trim());
}

function mendOf(text: string): string {
  if (/IPv6|no route|ENETUNREACH/i.test(text)) {
    return "Set SUPABASE_DB_URL to the address of the session pooler (Supabase dashboard > Connect).";
  }
  if (/password/i.test(text)) return "Set SUPABASE_DB_PASSWORD (Supabase dashboard > Database > Settings).";
  if (/access token|logged in|unauthorized/i.test(text)) {
    return "Set SUPABASE_ACCESS_TOKEN (supabase.com/dashboard/account/tokens), or SUPABASE_DB_URL.";
  }
  return "Each file is one transaction: what is applied stays, the rest waits for the next run.";
}

function lastJson(text: string): unknown {
  const line = text.trim().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** By its first line: `-- not breaking: what it does`, or `-- breaking: what breaks`. */
export async function readMigration(file: string, folder = MIGRATIONS_FOLDER): Promise<Migration> {
  const [first = ""] = (await readFile(path.join(folder, file), "utf8")).split("\n", 1);
  const said = /^-- (not )?breaking: (.+)$/.exec(first);
  if (said === null) return { file, breaking: true, what: "its first line does not say whether it breaks anything" };
  return { file, breaking: said[1] === undefined, what: said[2] ?? "" };
}
