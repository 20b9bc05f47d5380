import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { chmod, chown, cp, lchown, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { clusterSettings, initialiseCluster, localPassword, startCluster } from "./cluster.ts";
import { canReach, type PostgresBinaries, postgresBinaries, type RunAs } from "./postgres-binaries.ts";
import { databaseFolder, pushMigrations } from "./supabase-cli.ts";

const projectFolder = fileURLToPath(new URL("../../..", import.meta.url));
const bootstrapFolder = fileURLToPath(new URL("bootstrap", import.meta.url));
const keptTemplates = 4;
const templateInUseMs = 60 * 60 * 1000;

export interface RunDirectory {
  readonly binaries: PostgresBinaries;
  /** A migrated data directory of this run's own. */
  readonly dataDirectory: string;
  remove(): Promise<void>;
}

/**
 * A data directory with roles, schemas and migrations in place. The first call for a given set of SQL builds it
 * (some seconds) and keeps it under `.local/`; later ones copy (well under a second).
 * @param workFolder parent of the `supabase` folder whose migrations are applied
 */
export async function createRunDirectory(workFolder = databaseFolder): Promise<RunDirectory> {
  const binaries = postgresBinaries();
  const root = workRoot(binaries.runAs);
  await removeDeadRuns(root);
  const template = await migratedTemplate(binaries, root, workFolder);
  const run = path.join(root, `run-${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  mkdirSync(run);
  if (binaries.runAs) await chown(run, binaries.runAs.uid, binaries.runAs.gid);
  const dataDirectory = path.join(run, "data");
  await copyOwned(template, dataDirectory, binaries.runAs);
  return { binaries, dataDirectory, remove: () => rm(run, { recursive: true, force: true }) };
}

async function migratedTemplate(binaries: PostgresBinaries, root: string, workFolder: string): Promise<string> {
  const key = templateKey(binaries.version, workFolder);
  const template = path.join(root, `template-${key}`);
  if (existsSync(template)) {
    utimesSync(template, new Date(), new Date());
    return template;
  }
  const building = `${template}.${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await buildTemplate(binaries, building, workFolder);
    // A migration was edited meanwhile: what was built belongs to no known set of files.
    if (templateKey(binaries.version, workFolder) !== key) return await migratedTemplate(binaries, root, workFolder);
    // Several runs may build the same one at once; the first to finish wins and the others use it.
    await rename(building, template).catch((error) => {
      if (!existsSync(template)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
    await rm(`${building}.log`, { force: true });
  }
  await removeOldTemplates(root);
  return template;
}

async function buildTemplate(binaries: PostgresBinaries, dataDirectory: string, workFolder: string): Promise<void> {
  await initialiseCluster(binaries, dataDirectory);
  const cluster = await startCluster({ binaries, dataDirectory });
  try {
    const address = `127.0.0.1:${cluster.port}/postgres`;
    await bootstrapDatabase(`postgresql://supabase_admin:${localPassword}@${address}`);
    await pushMigrations(`postgresql://postgres:${localPassword}@${address}`, workFolder);
  } finally {
    await cluster.stop();
  }
}

/** Creates roles and platform schemas in an empty cluster; needs the superuser. */
async function bootstrapDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const file of sqlFiles(bootstrapFolder)) {
      await client.query(readFileSync(file, "utf8")).catch((cause) => {
        throw new Error(`${path.basename(file)}: ${cause.message}`, { cause });
      });
    }
  } finally {
    await client.end();
  }
}

/** Everything that decides what the built directory looks like. */
function templateKey(version: string, workFolder: string): string {
  const hash = createHash("sha256").update(version).update(clusterSettings);
  const migrations = path.join(workFolder, "supabase", "migrations");
  const files = [...sqlFiles(bootstrapFolder), ...sqlFiles(migrations)];
  for (const file of files) hash.update(path.basename(file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 16);
}

function sqlFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return names.sort().map((name) => path.join(folder, name));
}

/** `.local/postgres` of the checkout, or the temporary folder where Postgres's user cannot enter the checkout. */
function workRoot(runAs: RunAs | undefined): string {
  const local = path.join(projectFolder, ".local", "postgres");
  mkdirSync(local, { recursive: true });
  const root = canReach(local, runAs) ? local : path.join(tmpdir(), "booking-insights-postgres-data");
  mkdirSync(root, { recursive: true });
  // Postgres's user creates its files in here; root may enter anyway.
  if (runAs) chownSync(root, runAs.uid, runAs.gid);
  return root;
}

async function copyOwned(from: string, to: string, runAs: RunAs | undefined): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: false });
  await chmod(to, 0o700);
  if (!runAs) return;
  await lchown(to, runAs.uid, runAs.gid);
  for (const entry of await readdir(to, { recursive: true })) {
    await lchown(path.join(to, entry), runAs.uid, runAs.gid);
  }
}

/** A run that was killed with -9 leaves its folder; its name says whose it was. */
async function removeDeadRuns(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(path.join(root, name), { recursive: true, force: true });
  }
}

async function removeOldTemplates(root: string): Promise<void> {
  const now = Date.now();
  const templates = (await readdir(root))
    .filter((name) => name.startsWith("template-"))
    .map((name) => ({ folder: path.join(root, name), usedAt: statSync(path.join(root, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { folder, usedAt } of templates.slice(keptTemplates)) {
    if (now - usedAt > templateInUseMs) await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
