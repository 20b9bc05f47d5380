import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { testEnvironment } from "../../infra/testing/synthesized.ts";
import { summarize } from "./plan-summary.ts";
import { assertReady, preflight } from "./preflight.ts";
import type { Ended, RunProcess } from "./run-process.ts";

let identity: TestIdentity;
beforeAll(async () => {
  identity = await useServiceAccount("deployer", "test-project");
});
afterAll(() => identity.stop());
beforeEach(() => identity.assume());

const version = (text: string): Partial<Ended> => ({ stdout: `{"terraform_version": "${text}"}` });
const absent = { code: 127 };
/** A machine with these programs. */
const machine =
  (programs: Record<string, Partial<Ended>>): RunProcess =>
  async ({ command }) => ({ code: 0, stdout: "", stderr: "", ...programs[command] });
const ready = { terraform: version("1.11.4"), git: {} };
const environment = testEnvironment({
  appUrl: "https://app.acme.com",
  oauthClientId: "1-a.apps.googleusercontent.com",
});
const look = (programs: Record<string, Partial<Ended>> = ready, described = environment) =>
  preflight({ environment: described, run: machine(programs) });

describe("before a deployment", () => {
  it("a machine that has everything is ready", async () => {
    const found = await look();
    expect(found).toEqual({ binary: "terraform", problems: [], warnings: [] });
    expect(() => assertReady(found)).not.toThrow();
  });

  it("OpenTofu serves where there is no Terraform", async () => {
    expect(await look({ terraform: absent, tofu: version("1.10.0") })).toMatchObject({ binary: "tofu", problems: [] });
  });

  it("everything that is missing is told at once", async () => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    const found = await look(
      { terraform: version("1.5.7") },
      testEnvironment({ supabaseUrl: "http://127.0.0.1:54321" }),
    );
    expect(() => assertReady(found)).toThrow(
      /1\.5\.7 is too old.*\n.*gcloud auth application-default login\n.*an example: npm run ops -- init --env test\n.*stack on this machine/,
    );
  });

  it("what no commit names is said", async () => {
    const { warnings } = await look({ ...ready, git: { stdout: " M a.ts\n?? b.ts" } });
    expect(warnings).toEqual([expect.stringContaining("2 files are not committed")]);
    expect((await look({ ...ready, git: { code: 128 } })).warnings).toEqual([
      expect.stringContaining("no git checkout"),
    ]);
  });
});

describe("a plan", () => {
  const plan = (...changes: (readonly [type: string, ...actions: string[]])[]): string =>
    JSON.stringify({
      format_version: "1.2",
      resource_changes: changes.map(([type, ...actions], index) => ({
        ...{ address: `${type}.a${index}`, type, change: { actions } },
      })),
    });

  it("is counted from what Terraform says of it", () => {
    const json = plan(
      ...[["google_cloudfunctions2_function", "update"] as const, ["google_storage_bucket", "create"] as const],
      ...[["google_storage_bucket_object", "create", "delete"] as const, ["google_project", "read"] as const],
      ...[["google_service_account", "delete"] as const, ["google_pubsub_topic", "no-op"] as const],
    );
    expect(summarize(json)).toEqual({ create: 1, update: 1, replace: 1, destroy: 1, losing: [] });
  });

  it("that changes nothing says so", () => {
    expect(summarize('{"format_version":"1.2"}')).toEqual({ create: 0, update: 0, replace: 0, destroy: 0, losing: [] });
  });
});
