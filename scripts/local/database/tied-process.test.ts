import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTiedProcess } from "./tied-process.ts";

let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tied-process-"));
  output = path.join(folder, "output");
});
afterEach(() => rmSync(folder, { recursive: true }));

const printed = () => readFileSync(output, "utf8");

function start(script: string) {
  const file = openSync(output, "a");
  const args = ["-e", script];
  const child = startTiedProcess({ command: process.execPath, args, stopSignal: "TERM", output: file });
  closeSync(file);
  return child;
}

it("stops with the signal that was chosen, so that the command can clean up", async () => {
  const child = start(`
    process.once("SIGTERM", () => { console.log("cleaned up"); process.exit(); });
    setInterval(() => {}, 1000); console.log("up");`);
  await expect.poll(printed).toContain("up");
  await child.stop();
  expect(printed()).toContain("cleaned up");
});

it("kills a command that ignores the signal", async () => {
  const child = start(
    `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up " + process.pid);`,
  );
  await expect.poll(printed).toContain("up");
  await child.stop(20);
  const pid = Number(/up (\d+)/.exec(printed())?.[1]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

it("notices a command that ends by itself", async () => {
  const child = start("process.exit(3)");
  await child.exited;
  expect(child.hasExited()).toBe(true);
  await child.stop();
});

it("takes the command along when its starter is killed with -9", async () => {
  const module = JSON.stringify(new URL("tied-process.ts", import.meta.url).href);
  const inner = JSON.stringify(`console.log("pid " + process.pid); setInterval(() => {}, 1000)`);
  const starter = `
    const { startTiedProcess } = await import(${module});
    startTiedProcess({ command: process.execPath, args: ["-e", ${inner}], stopSignal: "TERM", output: 1 });`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", starter], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(/pid (\d+)/.exec(chunk.toString())?.[1]);
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A killed child of a killed parent stays in the table until init collects it. */
function isZombie(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim().startsWith("Z");
}
