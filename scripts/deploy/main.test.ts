import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEnvironment } from "../../infra/testing/synthesized.ts";
import { functions } from "../../infra/topology/functions.ts";

const main = path.join(import.meta.dirname, "main.ts");
const root = path.resolve(import.meta.dirname, "../..");
/** Below the project, so that what the bundles import is found; of its own, since other tests read dist and cdktf.out. */
let work: string;
let file: string;
beforeAll(() => {
  mkdirSync(path.join(root, ".local"), { recursive: true });
  work = mkdtempSync(path.join(root, ".local", "deploy-"));
  file = path.join(work, "environments.ts");
  const live = testEnvironment({ name: "live", appUrl: "https://app.acme.com" });
  const wrong = { ...live, name: "wrong", projectId: "1234" };
  writeFileSync(file, `export const environments = ${JSON.stringify([live])};`);
  writeFileSync(path.join(work, "wrong.ts"), `export const environments = ${JSON.stringify([live, wrong])};`);
});
afterAll(() => rmSync(work, { recursive: true }));

/** As its npm script starts it, with no credentials, no terraform, and a proxy that leads nowhere. */
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [main, ...args], {
    cwd: work,
    env: {
      ...{ PATH: path.dirname(process.execPath), METADATA_SERVER_DETECTION: "none", HOME: "/nonexistent" },
      ...{ https_proxy: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" },
    },
  });
const failed = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  await run(...args).then(
    () => expect.fail("it should have failed"),
    (error) => error,
  );

describe("npm run deploy", () => {
  it("--dry-run really builds, synthesizes and reviews, and shows every further step", async () => {
    const folder = path.relative(root, work);
    const { stdout, stderr } = await run("live", "--dry-run", "--json", "--file", file, "--work-folder", folder);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: true, environment: "live", dryRun: true, applied: false });
    expect(report.steps.map(({ name, outcome }: { name: string; outcome: string }) => `${name} ${outcome}`)).toEqual([
      ...["preflight done", "build done", "synth done", "bootstrap shown", "secrets shown", "migrations shown"],
      ...["plan shown", "migrate shown", "apply shown", "relay shown"],
    ]);
    for (const { name } of functions) {
      expect(existsSync(path.join(work, "functions", name, "index.cjs"))).toBe(true);
    }
    const stack = JSON.parse(readFileSync(path.join(work, "cdktf.out/stacks/live/cdk.tf.json"), "utf8"));
    const archives = Object.values<{ source: string }>(stack.resource.google_storage_bucket_object);
    for (const { source } of archives) expect(existsSync(path.join(work, "cdktf.out/stacks/live", source))).toBe(true);
    expect(stderr).toMatch(/before a deployment: .*gcloud auth application-default login/);
    expect(stderr).toMatch(/before a deployment: Neither terraform nor tofu/);
  }, 120_000);

  it("stops before anything when the machine is not ready, and says all that is missing", async () => {
    const { code, stdout, stderr } = await failed("live", "--yes", "--json", "--file", file);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { ok: false, steps: [{ name: "preflight", outcome: "failed" }] },
    ]);
    expect(stderr).toMatch(/Neither terraform nor tofu.*\n.*gcloud auth application-default login/);
  });

  it("names field and environment of a wrong file, and the environments there are", async () => {
    const wrong = await failed("live", "--file", path.join(work, "wrong.ts"));
    expect(wrong.stderr).toMatch(/wrong: projectId must be a project's id/);
    expect((await failed("production", "--file", file)).stderr).toMatch(/production; there are live/);
    expect((await failed("prod", "--dry-run", "--only", "apply")).stderr).toMatch(/--only takes plan/);
    expect((await failed()).stderr).toMatch(/Say which environment/);
  });

  it("explains itself", async () => {
    expect((await run("--help")).stdout).toMatch(/--dry-run.*--only plan.*--allow-destroy/s);
  });
});
