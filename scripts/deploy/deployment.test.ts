import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import type { Environment } from "../../infra/environment.ts";
import { testEnvironment } from "../../infra/testing/synthesized.ts";
import { secretNames } from "../../infra/topology/functions.ts";
import { scaledClock } from "../emulators/rest/emulator.ts";
import {
  type SecretManagerEmulator,
  startSecretManagerEmulator,
} from "../emulators/secretmanager/start-secret-manager-emulator.ts";
import { openSecretVersions, type SecretVersions } from "../ops/secret-versions.ts";
import type { Confirm } from "./confirmation.ts";
import { type Deployed, type DeploymentOptions, deploy } from "./deployment.ts";
import { makeJournal } from "./journal.ts";
import { type RecordedProcess, recordedProcess } from "./testing/recorded-process.ts";

const PROJECT = "deployed-project";
const RELAY = "https://relay-outbox-1.europe-west4.run.app";
const PASSWORD = "canary-p@ss/word";
const KEY = "ab".repeat(32);
const clock = scaledClock(1);

let database: TestDatabase;
let identity: TestIdentity;
let manager: SecretManagerEmulator;
let secrets: SecretVersions;
let environment: Environment;
let recorded: RecordedProcess;
let said: string[];
let migrationsFolder: string;

beforeAll(async () => {
  migrationsFolder = mkdtempSync(path.join(tmpdir(), "deployment-"));
  writeFileSync(path.join(migrationsFolder, ADDED), "-- not breaking: adds a column\n");
  writeFileSync(path.join(migrationsFolder, DROPPED), "-- breaking: drops a column\n");
  database = await openTestDatabase();
  const { url } = await database.api();
  identity = await useServiceAccount("deployer", PROJECT);
  const admins = [`deployer@${PROJECT}.iam.gserviceaccount.com`];
  manager = await startSecretManagerEmulator({ authority: identity.oauth, clock, admins });
  secrets = openSecretVersions({ projectId: PROJECT, endpoint: manager.url });
  environment = testEnvironment({ projectId: PROJECT, supabaseUrl: url });
});
afterAll(async () => {
  await secrets?.close();
  await Promise.all([manager?.stop(), identity?.stop()]);
  await database?.close();
  rmSync(migrationsFolder, { recursive: true });
});

beforeEach(async () => {
  identity.assume();
  manager.reset();
  const { secretKey } = await database.api();
  const values = { "google-client-secret": "x", "relay-ping-key": KEY, "smtp-password": "x" };
  for (const [name, value] of Object.entries({ ...values, "supabase-secret-key": secretKey })) put(name, value);
  await database.sql("delete from vault.secrets where name like 'relay%'");
  said = [];
  recorded = recordedProcess();
  plans("test-bootstrap", 0);
  plans("test", 2, [["create", "google_cloudfunctions2_function.a"]]);
  pending();
  const outputs = { relay_ping_url: { value: RELAY }, google_redirect_uri: { value: "https://r.example/callback" } };
  recorded.answers("terraform test output", { stdout: JSON.stringify(outputs) });
});

const put = (name: string, value: string): number =>
  manager.putSecret({ name: `projects/${PROJECT}/secrets/${name}`, value });
const pending = (...migrations: string[]): void => {
  for (const name of ["db preview", "db push"]) recorded.answers(name, { stdout: JSON.stringify({ migrations }) });
};
/** What Terraform answers to plan (0: no changes, 2: changes) and to show. */
function plans(
  stack: string,
  code: number,
  changes: readonly (readonly [actions: string, address: string])[] = [],
): void {
  const resource_changes = changes.map(([actions, address]) => ({
    ...{ address, type: address.split(".")[0], change: { actions: actions.split(",") } },
  }));
  recorded.answers(`terraform ${stack} plan`, { code });
  recorded.answers(`terraform ${stack} show`, { stdout: JSON.stringify({ resource_changes }) });
}

const decided = (answer: boolean, typed = ""): Confirm => ({ yes: async () => answer, typed: async () => typed });

async function run(
  options: Partial<DeploymentOptions> = {},
  { confirm = null as Confirm | null, interrupted = new AbortController().signal } = {},
): Promise<Deployed> {
  const say = (line: string): void => void said.push(line);
  return await deploy(
    {
      environment,
      ...{
        dryRun: false,
        planOnly: false,
        skipMigrations: false,
        allowBreaking: false,
        allowDestroy: false,
        yes: true,
      },
      ...options,
    },
    {
      journal: makeJournal({ say, nowMs: () => 0, interrupted }),
      ...{ run: recorded.run, say, secrets, confirm },
      variables: { SUPABASE_DB_URL: `postgresql://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:5432/postgres` },
      migrationsFolder,
      preflight: async () => ({ binary: "terraform", problems: [], warnings: [] }),
      build: async () => "built",
      synthesize: async () => ({
        bootstrap: "out/stacks/test-bootstrap",
        pipeline: "out/stacks/test",
        detail: "written",
      }),
    },
  );
}

const BOOTSTRAP = ["init", "plan", "show"].map((verb) => `terraform test-bootstrap ${verb}`);
const PLAN = ["init", "plan", "show"].map((verb) => `terraform test ${verb}`);
const APPLY = ["terraform test apply", "terraform test output"];
const ADDED = "20260101000000_add_column.sql";
const DROPPED = "20260102000000_drop_column.sql";

const inVault = (): Promise<unknown> =>
  database.sql(
    "select name, decrypted_secret as value from vault.decrypted_secrets where name like 'relay%' order by 1",
  );

describe("a deployment", () => {
  it("plans everything, then migrates, then applies, then tells the database of the relay", async () => {
    pending(ADDED);
    const deployed = await run();
    expect(recorded.ran).toEqual([...BOOTSTRAP, "db preview", ...PLAN, "db push", ...APPLY]);
    expect(deployed).toMatchObject({
      applied: true,
      migrations: [{ file: ADDED, breaking: false }],
      plan: { create: 1 },
    });
    expect(await inVault()).toEqual([
      { name: "relay_outbox_url", value: RELAY },
      { name: "relay_ping_key", value: KEY },
    ]);
  });

  it("applies the very file that was planned, with the versions of the secrets that are there", async () => {
    put("smtp-password", "second");
    await run();
    const line = (verb: string) => recorded.lines.find(({ args }) => args[0]?.endsWith("/test") && args[1] === verb);
    expect(line("plan")?.args).toContain("-out=deploy.tfplan");
    expect(line("apply")?.args.at(-1)).toBe("deploy.tfplan");
    expect(JSON.parse(line("plan")?.env?.["TF_VAR_secret_versions"] ?? "")).toEqual({
      ...{ "google-client-secret": "1", "relay-ping-key": "1", "smtp-password": "2", "supabase-secret-key": "1" },
    });
  });

  it("run again does what is left: nothing to ask, nothing to apply, the settings as they were", async () => {
    await run();
    plans("test", 0);
    recorded.answers("terraform test apply", { code: 1 });
    await run({ yes: false });
    expect(said.at(-1)).toContain("address as it was, ping key as it was");
  });

  it("makes the bootstrap first, and stops at secrets without a value with the command for each", async () => {
    manager.reset();
    const { hostname, port } = new URL(manager.url);
    const admin = new SecretManagerServiceClient({
      ...{ fallback: "rest", apiEndpoint: hostname, port: Number(port), protocol: "http", projectId: PROJECT },
    });
    for (const secretId of secretNames) {
      await admin.createSecret({ parent: `projects/${PROJECT}`, secretId, secret: { replication: { automatic: {} } } });
    }
    await admin.close();
    plans("test-bootstrap", 2, [["create", "google_storage_bucket.state"]]);
    await expect(run()).rejects.toThrow(/supabase-secret-key has no value: npm run ops -- secrets set .* --env test/);
    expect(recorded.ran).toEqual([...BOOTSTRAP, "terraform test-bootstrap apply"]);
  });

  it("shows no password and hands none on as an argument", async () => {
    pending(ADDED);
    await run();
    const push = recorded.lines.find(({ args }) => args.includes("push"));
    expect(push?.env?.["PGPASSWORD"]).toBe(PASSWORD);
    const visible = JSON.stringify([said, recorded.lines.map(({ args }) => args)]);
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), KEY]) expect(visible).not.toContain(secret);
  });
});

describe("nothing is changed", () => {
  afterAllChecks();

  it("when only a plan was asked for", async () => {
    pending(ADDED);
    expect(await run({ planOnly: true })).toMatchObject({ applied: false, plan: { create: 1 } });
    plans("test-bootstrap", 2, [["create", "google_storage_bucket.state"]]);
    expect(await run({ planOnly: true })).toMatchObject({ applied: false, plan: null });
  });

  it("when the person says no, or nobody can be asked", async () => {
    await expect(run({ yes: false }, { confirm: decided(false) })).rejects.toThrow(/^Nothing was changed\.$/);
    await expect(run({ yes: false })).rejects.toThrow(/no terminal to ask.*--yes/);
    plans("test-bootstrap", 2, [["update", "google_storage_bucket.state"]]);
    await expect(run({ yes: false })).rejects.toThrow(/no terminal to ask/);
  });

  it("by a migration that breaks what runs, however many others wait", async () => {
    pending(ADDED, DROPPED);
    await expect(run()).rejects.toThrow(
      new RegExp(`break what runs now:\\n  ${DROPPED}: drops a column\\n.*--allow-breaking`),
    );
    expect(recorded.ran).not.toContain("terraform test plan");
  });

  it("when something with data in it would go, even with --yes", async () => {
    for (const [actions, address] of [
      ["delete", "google_storage_bucket.recordings"],
      ["delete,create", "google_pubsub_topic.booking-events"],
      ["create,delete", "google_secret_manager_secret.smtp-password"],
    ] as const) {
      plans("test", 2, [[actions, address]]);
      await expect(run()).rejects.toThrow(`--allow-destroy does it.\n  ${address}`);
      await expect(run({ yes: false }, { confirm: decided(true, "prod") })).rejects.toThrow("Nothing was changed.");
    }
  });

  it("when Terraform cannot plan, or the database does not answer", async () => {
    recorded.answers("terraform test plan", { code: 1, stderr: "Error: Error acquiring the state lock" });
    await expect(run()).rejects.toThrow(/terraform plan failed.*Another deployment holds the state/);
    const error = { error: { message: "connect: password authentication failed for user" } };
    recorded.answers("db preview", { code: 1, stdout: JSON.stringify(error) });
    await expect(run()).rejects.toThrow(/supabase db push failed: connect.*Set SUPABASE_DB_PASSWORD/);
  });

  it("after Ctrl-C", async () => {
    await expect(run({}, { interrupted: AbortSignal.abort() })).rejects.toThrow(/Interrupted/);
  });
});

/** Each test of a block that changes nothing. */
function afterAllChecks(): void {
  beforeEach(({ onTestFinished }) => {
    onTestFinished(async () => {
      expect(recorded.ran.filter((name) => / apply$|^db push$/.test(name))).toEqual([]);
      expect(await inVault()).toEqual([]);
    });
  });
}

describe("what was wanted by name is done", () => {
  it("a plan that destroys, when the environment's name is typed or the flag given", async () => {
    plans("test", 2, [["delete", "google_storage_bucket.recordings"]]);
    await run({ yes: false }, { confirm: decided(true, "test") });
    await run({ allowDestroy: true });
    expect(recorded.ran.filter((name) => name === "terraform test apply")).toHaveLength(2);
  });

  it("a migration that breaks what runs", async () => {
    pending(DROPPED);
    expect(await run({ allowBreaking: true })).toMatchObject({ applied: true, migrations: [{ breaking: true }] });
  });

  it("a deployment that leaves the database as it is", async () => {
    await run({ skipMigrations: true });
    expect(recorded.ran).toEqual([...BOOTSTRAP, ...PLAN, ...APPLY]);
  });
});

describe("a failure half-way", () => {
  it("in the migrations leaves the functions as they are", async () => {
    pending(ADDED);
    recorded.answers("db push", { code: 1, stdout: "", stderr: "ERROR: relation exists" });
    await expect(run()).rejects.toThrow(/supabase db push failed: ERROR: relation exists.*what is applied stays/);
    expect(recorded.ran).not.toContain("terraform test apply");
  });

  it("in the apply says that the same command goes on", async () => {
    recorded.answers("terraform test apply", { code: 1, stderr: "Error: googleapi: quota" });
    await expect(run()).rejects.toThrow(/terraform apply failed.*the same command goes on from there/);
    expect(await inVault()).toEqual([]);
    recorded.answers("terraform test apply", { code: 0 });
    expect(await run()).toMatchObject({ applied: true });
  });
});

describe("a dry run", () => {
  it("runs no program and shows each in its order, without a value of a secret", async () => {
    expect(await run({ dryRun: true })).toMatchObject({ applied: false });
    expect(recorded.ran).toEqual([]);
    const text = said.join("\n");
    expect(text).toMatch(/bootstrap init.*bootstrap apply.*--dry-run.*stacks\/test plan.*push.*stacks\/test apply/s);
    expect(text).toContain("(with PGPASSWORD)");
    expect(text).not.toContain(PASSWORD);
  });
});
