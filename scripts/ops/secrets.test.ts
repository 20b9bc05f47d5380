import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { Storage } from "@google-cloud/storage";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { testEnvironment } from "../../infra/testing/synthesized.ts";
import { functions, secretNames } from "../../infra/topology/functions.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../emulators/oauth/start-oauth-emulator.ts";
import { scaledClock } from "../emulators/rest/emulator.ts";
import {
  type SecretManagerEmulator,
  startSecretManagerEmulator,
} from "../emulators/secretmanager/start-secret-manager-emulator.ts";
import { type SmtpSink, startSmtpSink } from "../emulators/smtp/start-smtp-sink.ts";
import { type StorageEmulator, startStorage } from "../emulators/storage/start-storage.ts";
import type { CommandResult } from "./command.ts";
import { readArguments } from "./read-arguments.ts";
import type { ListedSecret } from "./secret-list.ts";
import { makeSecretsCommand } from "./secrets.ts";

const PROJECT = "secrets-project";
const PING_KEY = "ab".repeat(32);
const CLIENT = { clientId: "1-a.apps.googleusercontent.com", clientSecret: "GOCSPX-the-right-secret-of-it" };
const clock = scaledClock(1);

let database: TestDatabase;
let supabase: { readonly url: string; readonly secretKey: string };
let identity: TestIdentity;
let manager: SecretManagerEmulator;
let oauth: OAuthEmulator;
let storage: StorageEmulator;
let mail: SmtpSink;
let folder: string;

beforeAll(async () => {
  database = await openTestDatabase();
  supabase = await database.api();
  identity = await useServiceAccount("deployer", PROJECT);
  const authority = identity.oauth;
  [manager, oauth, storage, mail] = await Promise.all([
    startSecretManagerEmulator({ authority, clock, admins: [`deployer@${PROJECT}.iam.gserviceaccount.com`] }),
    startOAuthEmulator({ clock, clients: [{ ...CLIENT, redirectUris: [] }] }),
    startStorage({ authority, clock, buckets: [{ name: `${PROJECT}-terraform-state` }] }),
    startSmtpSink({ clock, auth: { user: "bookings", pass: "mail-canary" } }),
  ]);
  folder = mkdtempSync(path.join(tmpdir(), "secrets-"));
  const environment = testEnvironment({
    ...{ projectId: PROJECT, supabaseUrl: supabase.url, oauthClientId: CLIENT.clientId },
    mail: { host: mail.host, port: mail.port, user: "bookings", from: "a@b.example" },
  });
  writeFileSync(path.join(folder, "environments.ts"), `export const environments = ${JSON.stringify([environment])};`);
});
afterAll(async () => {
  await Promise.all([manager?.stop(), oauth?.stop(), storage?.stop(), mail?.stop(), identity?.stop()]);
  await database?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  identity.assume();
  manager.reset();
  await makeSecrets();
  await database.sql("delete from vault.secrets where name like 'relay%'");
});

const fullName = (name: string): string => `projects/${PROJECT}/secrets/${name}`;
const put = (name: string, value: string): number => manager.putSecret({ name: fullName(name), value });

/** As the bootstrap leaves them: there, without a value. */
async function makeSecrets(): Promise<void> {
  const { hostname, port } = new URL(manager.url);
  const admin = new SecretManagerServiceClient({
    ...{ fallback: "rest", apiEndpoint: hostname, port: Number(port), protocol: "http", projectId: PROJECT },
  });
  for (const secretId of secretNames) {
    await admin.createSecret({ parent: `projects/${PROJECT}`, secretId, secret: { replication: { automatic: {} } } });
  }
  await admin.close();
}

/** Runs the command as an operator would; `typed` is what would come from standard input. */
async function secrets<Report>(args: string[], typed = ""): Promise<CommandResult & { readonly report: Report }> {
  const command = makeSecretsCommand(async () => typed);
  const result = await command.run({
    arguments: readArguments(command, [...args, "--file", path.join(folder, "environments.ts")]),
    environment: {
      GOOGLE_SECRET_MANAGER_ENDPOINT: manager.url,
      GOOGLE_OAUTH_ENDPOINT: oauth.url,
      GOOGLE_STORAGE_ENDPOINT: storage.url,
    },
    database: () => {
      throw new Error("the key is in Secret Manager");
    },
    progress: { say: () => undefined, at: () => undefined },
    interrupted: new AbortController().signal,
  });
  return result as CommandResult & { readonly report: Report };
}

const valueNow = async (name: string): Promise<string | undefined> => {
  const { hostname, port } = new URL(manager.url);
  const client = new SecretManagerServiceClient({
    ...{ fallback: "rest", apiEndpoint: hostname, port: Number(port), protocol: "http", projectId: PROJECT },
  });
  const [{ payload }] = await client.accessSecretVersion({ name: `${fullName(name)}/versions/latest` });
  await client.close();
  return payload?.data?.toString();
};
const inVault = async (): Promise<string | undefined> => {
  const rows = await database.sql<{ key: string }>(
    "select decrypted_secret as key from vault.decrypted_secrets where name = 'relay_ping_key'",
  );
  return rows[0]?.key;
};

describe("secrets list", () => {
  it("says which secrets have no value, with the command for each", async () => {
    put("supabase-secret-key", supabase.secretKey);
    const { ok, report, lines } = await secrets<{ secrets: ListedSecret[] }>(["list"]);
    expect(ok).toBe(false);
    expect(report.secrets.map(({ name, exists, version }) => [name, exists, version])).toEqual([
      ["google-client-secret", true, null],
      ["relay-ping-key", true, null],
      ["smtp-password", true, null],
      ["supabase-secret-key", true, 1],
    ]);
    expect(lines.join("\n")).toMatch(/secrets set relay-ping-key --env test --generate\n/);
    expect(JSON.stringify([report, lines])).not.toContain(supabase.secretKey);
  });

  it("says who reads a secret and when they see a new version", async () => {
    const { report } = await secrets<{ secrets: ListedSecret[] }>(["list"]);
    const readers = (name: string) => report.secrets.find((secret) => secret.name === name)?.readBy;
    expect(readers("relay-ping-key")).toEqual([{ function: "relay-outbox", when: "request" }]);
    expect(readers("smtp-password")).toEqual([{ function: "send-reminders", when: "start" }]);
    expect(readers("supabase-secret-key")).toHaveLength(functions.length);
  });
});

describe("secrets set", () => {
  it.each([
    ["google-client-secret", () => CLIENT.clientSecret, "Google takes it"],
    ["supabase-secret-key", () => supabase.secretKey, "takes it"],
    ["smtp-password", () => "mail-canary", "127.0.0.1 takes it"],
  ])("stores %s after whoever takes it was asked, and never shows it", async (name, value, words) => {
    const { report, lines } = await secrets(["set", name], value());
    expect(report).toMatchObject({ version: 1, probe: { result: "accepted", detail: expect.stringContaining(words) } });
    expect(await valueNow(name)).toBe(value());
    expect(JSON.stringify([report, lines])).not.toContain(value());
    expect(lines.join("\n")).toContain("npm run deploy -- test");
  });

  it("makes the ping key itself, 32 random bytes in hex", async () => {
    await secrets(["set", "relay-ping-key", "--generate"]);
    expect(await valueNow("relay-ping-key")).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ["the publishable key", "supabase-secret-key", "sb_publishable_abcdefghijklmnop", /this is the publishable key/],
    ["a legacy key of anon", "supabase-secret-key", `eyJh.${btoa('{"role":"anon"}')}.x`, /not the one of service_role/],
    ["a client id", "google-client-secret", "1-a.apps.googleusercontent.com", /begins with GOCSPX-/],
    ["a short ping key", "relay-ping-key", "abc", /32 random bytes/],
    ["two lines", "smtp-password", "a\nb", /more than one line/],
    ["a space at the end", "smtp-password", "canary ", /ends with a space/],
    ["nothing", "smtp-password", "", /it is empty/],
    ["another client's secret", "google-client-secret", `GOCSPX-${"x".repeat(28)}`, /Google does not take it/],
    ["another project's key", "supabase-secret-key", `sb_secret_${"x".repeat(31)}`, /does not take this key/],
    ["a password that is refused", "smtp-password", "wrong-canary", /refuses the login of bookings/],
  ])("stores nothing when given %s, and does not repeat it", async (_what, name, value, sentence) => {
    const error = await secrets(["set", name], value).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toMatch(sentence);
    if (value !== "") expect(error?.message).not.toContain(value);
    expect((await secrets<{ secrets: ListedSecret[] }>(["list"])).report.secrets).toMatchObject(
      secretNames.map(() => ({ version: null })),
    );
  });

  it("stores what is refused when told so", async () => {
    await secrets(["set", "google-client-secret", "--unchecked"], "an-old-secret-of-24-chars");
    expect(await valueNow("google-client-secret")).toBe("an-old-secret-of-24-chars");
  });

  it("checks and stores nothing in a dry run", async () => {
    const { report } = await secrets(["set", "smtp-password", "--dry-run"], "mail-canary");
    expect(report).toMatchObject({ dryRun: true, version: 1 });
    await expect(valueNow("smtp-password")).rejects.toMatchObject({ code: 5 });
  });

  it("does not give the ping key a second value: Vault would not know it", async () => {
    put("relay-ping-key", PING_KEY);
    await expect(secrets(["set", "relay-ping-key", "--generate"])).rejects.toThrow(/secrets rotate relay-ping-key/);
  });

  it("says that the bootstrap is missing when the secret is", async () => {
    manager.reset();
    await expect(secrets(["set", "smtp-password"], "x")).rejects.toThrow(
      /the bootstrap makes it.*npm run deploy -- test/,
    );
  });

  it("says which role is missing", async () => {
    manager.faults.add({ operation: "*", kind: "status", status: 403, reason: "forbidden" });
    await expect(secrets(["set", "smtp-password"], "x")).rejects.toThrow(/role Secret Manager Admin/);
  });
});

describe("secrets rotate relay-ping-key", () => {
  beforeEach(() => {
    put("supabase-secret-key", supabase.secretKey);
    put("relay-ping-key", PING_KEY);
  });
  const storeInVault = (key: string) => database.sql("select vault.create_secret($1, 'relay_ping_key')", [key]);

  it("leaves one new key in both places", async () => {
    await storeInVault(PING_KEY);
    const { report, lines } = await secrets(["rotate", "relay-ping-key"]);
    expect(report).toMatchObject({ kind: "rotated", version: 2, olderEnabled: [1] });
    const key = await inVault();
    expect(key).not.toBe(PING_KEY);
    expect(await valueNow("relay-ping-key")).toBe(key);
    expect(JSON.stringify([report, lines])).not.toContain(key);
  });

  it("finishes a rotation that stopped between the two, instead of starting another", async () => {
    await storeInVault("cd".repeat(32));
    const { report } = await secrets(["rotate", "relay-ping-key"]);
    expect(report).toMatchObject({ kind: "finished", version: 1 });
    expect(await inVault()).toBe(PING_KEY);
    expect((await secrets(["rotate", "relay-ping-key"])).report).toMatchObject({ kind: "rotated", version: 2 });
  });

  it("adds no version while the database cannot be asked", async () => {
    const { gateway } = await database.api();
    gateway.faults.add({ operation: "rpc.compare_relay_settings", kind: "status", status: 503 });
    await expect(secrets(["rotate", "relay-ping-key"])).rejects.toThrow(/database answered 503/);
    expect(await valueNow("relay-ping-key")).toBe(PING_KEY);
  });

  it("changes nothing in a dry run", async () => {
    await storeInVault(PING_KEY);
    expect((await secrets(["rotate", "relay-ping-key", "--dry-run"])).report).toMatchObject({
      dryRun: true,
      version: 2,
    });
    expect([await inVault(), await valueNow("relay-ping-key")]).toEqual([PING_KEY, PING_KEY]);
  });
});

describe("secrets disable-old", () => {
  /** What Terraform's state says of the deployed functions. */
  const deployed = async (versions: Record<string, string>): Promise<void> => {
    const client = new Storage({ projectId: PROJECT, apiEndpoint: storage.url, useAuthWithCustomEndpoint: true });
    const file = client.bucket(`${PROJECT}-terraform-state`).file("pipeline/default.tfstate");
    await file.save(JSON.stringify({ version: 4, outputs: { deployed_secret_versions: { value: versions } } }), {
      resumable: false,
    });
  };
  const enabled = async (name: string): Promise<unknown> => {
    const { report } = await secrets<{ secrets: ListedSecret[] }>(["list"]);
    const found = report.secrets.find((secret) => secret.name === name);
    return [found?.version, found?.olderEnabled];
  };

  it("keeps a version that the deployed functions still read", async () => {
    put("smtp-password", "before");
    put("smtp-password", "mail-canary");
    await deployed({ "smtp-password": "1" });
    await expect(secrets(["disable-old", "smtp-password", "--yes"])).rejects.toThrow(
      /Version 1 of smtp-password stays: the deployed functions read version 1: npm run deploy -- test/,
    );
    expect(await enabled("smtp-password")).toEqual([2, [1]]);
  });

  it("shows what it would do, and does it with --yes once the newest is deployed", async () => {
    put("smtp-password", "before");
    put("smtp-password", "mail-canary");
    await deployed({ "smtp-password": "2" });
    expect((await secrets(["disable-old", "smtp-password"])).report).toMatchObject({ dryRun: true, disabled: [] });
    expect(await enabled("smtp-password")).toEqual([2, [1]]);
    expect((await secrets(["disable-old", "smtp-password", "--yes"])).report).toMatchObject({ disabled: [1] });
    expect(await enabled("smtp-password")).toEqual([2, []]);
  });

  it("keeps the old version when the newest does not work", async () => {
    put("smtp-password", "mail-canary");
    put("smtp-password", "broken");
    await deployed({ "smtp-password": "2" });
    await expect(secrets(["disable-old", "smtp-password", "--yes"])).rejects.toThrow(/version 2 does not work/);
  });

  it("keeps the old ping key until Vault holds the newest", async () => {
    put("supabase-secret-key", supabase.secretKey);
    put("relay-ping-key", PING_KEY);
    await database.sql("select vault.create_secret($1, 'relay_ping_key')", [PING_KEY]);
    put("relay-ping-key", "cd".repeat(32));
    await expect(secrets(["disable-old", "relay-ping-key", "--yes"])).rejects.toThrow(/rotate relay-ping-key/);
    await secrets(["rotate", "relay-ping-key"]);
    expect((await secrets(["disable-old", "relay-ping-key", "--yes"])).report).toMatchObject({ disabled: [1] });
  });
});

it("names what it knows when asked for something else", async () => {
  await expect(secrets(["show", "smtp-password"])).rejects.toThrow(/does not know "show"; it knows list, set, rotate/);
  await expect(secrets(["set", "database-url"])).rejects.toThrow(/no secret "database-url"; there are google-client/);
});
