import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const main = path.join(import.meta.dirname, "main.ts");
const root = path.resolve(import.meta.dirname, "..");
let elsewhere: string;
beforeEach(() => {
  elsewhere = mkdtempSync(path.join(tmpdir(), "elsewhere-"));
});
afterEach(() => rmSync(elsewhere, { recursive: true }));

/** Started from another folder, as a person in a subfolder does, and with a proxy that leads nowhere. */
const synth = (...args: string[]) =>
  promisify(execFile)(process.execPath, [main, ...args], {
    cwd: elsewhere,
    env: { PATH: process.env["PATH"], https_proxy: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" },
  });

it("writes one environment, says so in one JSON object, and writes the same again", async () => {
  const first = JSON.parse((await synth("staging", "--json")).stdout);
  const read = () => first.stacks.map(({ file }: { file: string }) => readFileSync(path.join(root, file), "utf8"));
  const before = read();
  await synth("staging");

  expect(first.violations).toEqual([]);
  expect(first.stacks.map(({ name }: { name: string }) => name)).toEqual(["staging-bootstrap", "staging"]);
  expect(read()).toEqual(before);
});

it("writes the same bytes from another clone, under another name, clock and language", async () => {
  const here = JSON.parse((await synth("prod", "--json")).stdout);
  const clone = path.join(elsewhere, "a clone");
  for (const part of ["infra", "package.json", "dist/functions"].filter((part) => existsSync(path.join(root, part)))) {
    cpSync(path.join(root, part), path.join(clone, part), { recursive: true });
  }
  symlinkSync(path.join(root, "node_modules"), path.join(clone, "node_modules"));
  const env = {
    PATH: process.env["PATH"],
    TZ: "Pacific/Auckland",
    LANG: "tr_TR.UTF-8",
    HOME: elsewhere,
    USER: "someone",
  };
  await promisify(execFile)(process.execPath, ["infra/main.ts", "prod", "--json"], { cwd: clone, env });

  for (const { file } of here.stacks) {
    expect(readFileSync(path.join(clone, file), "utf8")).toBe(readFileSync(path.join(root, file), "utf8"));
  }
});

it("names the environments when asked for one that is not there", async () => {
  await expect(synth("production")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("prod") });
});

it("explains itself", async () => {
  expect((await synth("--help")).stdout).toContain("--json");
});
