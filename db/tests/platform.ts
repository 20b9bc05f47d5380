import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { type LocalDatabase, startDatabase } from "../../scripts/local/database/start-database.ts";
import { databaseFolder } from "../../scripts/local/database/supabase-cli.ts";

/** A platform without any migration of ours, as a project that adopts them. */
export interface Platform {
  /** A database of its own; the URL is that of `postgres`. */
  createDatabase(): Promise<{ url: string; adminUrl: string }>;
  stop(): Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  const workFolder = mkdtempSync(path.join(tmpdir(), "booking-insights-platform-"));
  mkdirSync(path.join(workFolder, "supabase", "migrations"), { recursive: true });
  cpSync(path.join(databaseFolder, "supabase", "config.toml"), path.join(workFolder, "supabase", "config.toml"));
  let database: LocalDatabase;
  try {
    database = await startDatabase({ workFolder });
  } finally {
    rmSync(workFolder, { recursive: true });
  }
  let count = 0;
  return {
    async createDatabase() {
      const name = `adopting_${++count}`;
      await query(
        database.urlFor("supabase_admin", "template1"),
        `create database ${name} template postgres owner postgres`,
      );
      return { url: database.urlFor("postgres", name), adminUrl: database.urlFor("supabase_admin", name) };
    },
    stop: () => database.stop(),
  };
}

/** One connection for one batch of statements; the rows of the last. */
export async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text);
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
  } finally {
    await client.end();
  }
}
