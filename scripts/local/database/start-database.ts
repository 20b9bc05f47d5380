import { type Cluster, localPassword, startCluster } from "./cluster.ts";
import { createRunDirectory } from "./data-directory.ts";

export type LoginRole = "supabase_admin" | "postgres" | "authenticator" | "supabase_auth_admin";

export interface LocalDatabase {
  readonly port: number;
  readonly pid: number;
  /** As `postgres`, which owns the database and is no superuser: what migrations and operators use. */
  readonly databaseUrl: string;
  /** As the superuser; only for the platform's own parts (pg_net worker, test set-up). */
  readonly adminDatabaseUrl: string;
  readonly exited: Promise<void>;
  urlFor(role: LoginRole, database?: string): string;
  /** Kills with -9 what runs and starts again on the same data: crash recovery, unlogged tables emptied. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Parent of the `supabase` folder with the migrations to apply; ours by default. */
  readonly workFolder?: string;
}

/** Starts Postgres 17 with the platform's roles and schemas and all migrations, on a data directory of its own. */
export async function startDatabase(options: DatabaseOptions = {}): Promise<LocalDatabase> {
  const run = await createRunDirectory(options.workFolder);
  const start = (port: number) => startCluster({ binaries: run.binaries, dataDirectory: run.dataDirectory, port });
  let cluster: Cluster;
  try {
    cluster = await start(options.port ?? 0);
  } catch (error) {
    await run.remove();
    throw error;
  }
  const { port } = cluster;
  const urlFor = (role: LoginRole, database = "postgres") =>
    `postgresql://${role}:${localPassword}@127.0.0.1:${port}/${database}`;
  return {
    port,
    get pid() {
      return cluster.pid;
    },
    get exited() {
      return cluster.exited;
    },
    databaseUrl: urlFor("postgres"),
    adminDatabaseUrl: urlFor("supabase_admin"),
    urlFor,
    async crashAndRestart() {
      process.kill(cluster.pid, "SIGKILL");
      await cluster.exited;
      cluster = await start(port);
    },
    async stop() {
      await cluster.stop();
      await run.remove();
    },
  };
}
