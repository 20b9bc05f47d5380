import pg from "pg";
import { inject } from "vitest";
import { localPassword } from "../../scripts/local/database/cluster.ts";
import type { LoginRole } from "../../scripts/local/database/start-database.ts";
import { startTestApi, type TestApi } from "./api.ts";

/** Runs a statement with bound parameters and gives the rows. */
export type Sql = <Row extends object = Record<string, unknown>>(
  text: string,
  params?: readonly unknown[],
) => Promise<Row[]>;

export type DatabaseRole = "anon" | "authenticated" | "service_role";

/** Claims of the JWT that PostgREST would have verified. */
export interface Claims {
  readonly sub?: string;
  readonly email?: string;
}

export interface TestUser {
  readonly id: string;
  readonly email: string;
}

export interface TestDatabase {
  readonly name: string;
  /** As `postgres`: owner of everything of ours, no superuser. */
  readonly url: string;
  urlFor(role: LoginRole): string;
  /** As `postgres`. */
  readonly sql: Sql;
  /** As the superuser; for what a test must arrange on the platform's side, never to prove a permission. */
  readonly adminSql: Sql;
  /** As a role of the Data API: each statement in its own transaction, with the role and claims set like PostgREST does. */
  asRole(role: DatabaseRole, claims?: Claims): Sql;
  /** A connection of its own, for tests of locks and open transactions; closed with the database. */
  connect(role?: LoginRole): Promise<pg.Client>;
  createUser(email?: string): Promise<TestUser>;
  /** PostgREST and the gateway for this database (about 150 ms), once; closed with it. */
  api(): Promise<TestApi>;
  close(): Promise<void>;
}

const poolSize = 10;
let lastNumber = 0;

/**
 * A database of the caller's own with all migrations applied: a clone of the run's template (some 50 ms).
 * Open it in `beforeAll` and `close()` it in `afterAll`.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const port = await clusterPort();
  const name = `test_${process.pid}_${++lastNumber}_${crypto.randomUUID().slice(0, 8)}`;
  const urlFor = (role: LoginRole, database = name) =>
    `postgresql://${role}:${localPassword}@127.0.0.1:${port}/${database}`;
  const maintenanceUrl = urlFor("supabase_admin", "template1");
  await runOnce(maintenanceUrl, `create database ${name} template postgres owner postgres`);
  const pool = openPool(urlFor("postgres"));
  const adminPool = openPool(urlFor("supabase_admin"));
  const clients: pg.Client[] = [];
  const sql = sqlOver(pool);
  let api: Promise<TestApi> | undefined;
  return {
    name,
    url: urlFor("postgres"),
    urlFor: (role) => urlFor(role),
    sql,
    adminSql: sqlOver(adminPool),
    asRole: (role, claims = {}) => sqlAsRole(pool, role, claims),
    async connect(role = "postgres") {
      const client = new pg.Client({ connectionString: urlFor(role) });
      client.on("error", () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    createUser: (email = `user-${crypto.randomUUID().slice(0, 8)}@example.com`) => insertUser(sql, email),
    api: () => (api ??= startTestApi({ urlFor })),
    async close() {
      await (await api?.catch(() => undefined))?.stop();
      await Promise.all([...clients.map((client) => client.end()), pool.end(), adminPool.end()]);
      await runOnce(maintenanceUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function clusterPort(): Promise<number> {
  const broker = inject("databaseBrokerUrl");
  if (!broker) {
    throw new Error("No database for tests: run them with vitest.config.ts, whose globalSetup starts Postgres.");
  }
  const response = await fetch(broker);
  const reply = (await response.json()) as { port: number; message?: string };
  if (response.ok) return reply.port;
  throw new Error(
    `The test run's Postgres did not start. ${reply.message}\nAfter a changed lockfile: npm run bootstrap`,
  );
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: poolSize, allowExitOnIdle: true });
  // Connections that a test kills on purpose are replaced by the next query.
  pool.on("error", () => undefined);
  return pool;
}

async function runOnce(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function sqlOver(pool: pg.Pool): Sql {
  return async <Row extends object>(text: string, params: readonly unknown[] = []) =>
    (await pool.query<Row>(text, [...params])).rows;
}

function sqlAsRole(pool: pg.Pool, role: DatabaseRole, claims: Claims): Sql {
  return async <Row extends object>(text: string, params: readonly unknown[] = []) => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      const jwt = JSON.stringify({ role, ...claims });
      await client.query("select set_config('request.jwt.claims', $1, true)", [jwt]);
      const { rows } = await client.query<Row>(text, [...params]);
      await client.query("commit");
      return rows;
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  };
}

async function insertUser(sql: Sql, email: string): Promise<TestUser> {
  const rows = await sql<TestUser>("insert into auth.users (email) values ($1) returning id, email", [email]);
  return rows[0]!;
}
