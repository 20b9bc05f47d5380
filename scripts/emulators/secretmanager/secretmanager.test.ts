import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../rest/emulator.ts";
import { scaledClock } from "../rest/emulator.ts";
import type { SecretManagerEmulator } from "./start-secret-manager-emulator.ts";
import { startSecretManagerEmulator } from "./start-secret-manager-emulator.ts";

const name = "projects/booking-insights-local/secrets/smtp-password";
const principals: Record<string, Principal> = {
  reader: { kind: "service_account", email: "send-reminders@p" },
  stranger: { kind: "service_account", email: "process-booking@p" },
  admin: { kind: "service_account", email: "deployer@p" },
  person: { kind: "user", sub: "1", email: "ada@example.com", scopes: new Set(["openid"]) },
};

describe("the Secret Manager emulator", () => {
  let emulator: SecretManagerEmulator;
  const clients: SecretManagerServiceClient[] = [];

  function clientOf(token: string): SecretManagerServiceClient {
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
    const { hostname, port } = new URL(emulator.url);
    const client = new SecretManagerServiceClient({
      fallback: "rest",
      apiEndpoint: hostname,
      port: Number(port),
      protocol: "http",
      authClient: authClient as never,
      projectId: "booking-insights-local",
    });
    clients.push(client);
    return client;
  }

  beforeEach(async () => {
    emulator = await startSecretManagerEmulator({
      authority: { principalOf: (token) => principals[token] ?? null },
      clock: scaledClock(1),
      admins: ["deployer@p"],
    });
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await emulator.stop();
  });

  it("gives a version with its checksum to those who may read it", async () => {
    emulator.putSecret({ name, value: "old", accessors: ["send-reminders@p"] });
    emulator.putSecret({ name, value: "123456789" });
    const [latest] = await clientOf("reader").accessSecretVersion({ name: `${name}/versions/latest` });
    expect(latest.name).toBe(`${name}/versions/2`);
    expect(latest.payload?.data?.toString()).toBe("123456789");
    // The check value of CRC-32C (RFC 3720 appendix B.4 uses the same polynomial).
    expect(String(latest.payload?.dataCrc32c)).toBe(String(0xe3069283));
    const [pinned] = await clientOf("reader").accessSecretVersion({ name: `${name}/versions/1` });
    expect(pinned.payload?.data?.toString()).toBe("old");
  });

  it.each([
    ["another service account", "stranger", 7],
    ["a person", "person", 7],
    ["an unknown token", "nothing", 16],
  ])("refuses %s", async (_who, token, code) => {
    emulator.putSecret({ name, value: "x", accessors: ["send-reminders@p"] });
    const access = clientOf(token).accessSecretVersion({ name: `${name}/versions/latest` });
    await expect(access).rejects.toMatchObject({ code });
  });

  it("does not tell a stranger whether a secret exists", async () => {
    const access = clientOf("stranger").accessSecretVersion({ name: `${name}/versions/latest` });
    await expect(access).rejects.toMatchObject({ code: 7, message: expect.stringContaining("or it may not exist") });
  });

  it("is filled through the API by an administrator", async () => {
    const admin = clientOf("admin");
    const parent = "projects/booking-insights-local";
    await admin.createSecret({ parent, secretId: "smtp-password", secret: { replication: { automatic: {} } } });
    await expect(
      admin.createSecret({ parent, secretId: "smtp-password", secret: { replication: { automatic: {} } } }),
    ).rejects.toMatchObject({ code: 6 });
    const [version] = await admin.addSecretVersion({ parent: name, payload: { data: Buffer.from("v1") } });
    expect(version.name).toBe(`${name}/versions/1`);
    await expect(
      admin.addSecretVersion({ parent: name, payload: { data: Buffer.from("v2"), dataCrc32c: 1 } }),
    ).rejects.toMatchObject({ code: 3 });
    await expect(
      admin.addSecretVersion({ parent: name, payload: { data: Buffer.alloc(65_537, "x") } }),
    ).rejects.toMatchObject({ code: 3 });
    const reader = { parent: name, payload: { data: Buffer.from("v3") } };
    await expect(clientOf("reader").addSecretVersion(reader)).rejects.toMatchObject({ code: 7 });

    emulator.putSecret({ name, value: "v2", accessors: ["send-reminders@p"] });
    await admin.disableSecretVersion({ name: `${name}/versions/2` });
    const access = () => clientOf("reader").accessSecretVersion({ name: `${name}/versions/latest` });
    await expect(access()).rejects.toMatchObject({ code: 9 });
    await admin.enableSecretVersion({ name: `${name}/versions/2` });
    await expect(access()).resolves.toBeDefined();
    const missing = clientOf("reader").accessSecretVersion({ name: `${name}/versions/9` });
    await expect(missing).rejects.toMatchObject({ code: 5 });
  });

  it("lists versions newest first, page by page, and enabled ones alone when asked", async () => {
    for (const value of ["v1", "v2", "v3"]) emulator.putSecret({ name, value, accessors: ["send-reminders@p"] });
    const admin = clientOf("admin");
    await admin.disableSecretVersion({ name: `${name}/versions/3` });
    const numbers = async (request: object) => {
      const [versions] = await admin.listSecretVersions({ parent: name, ...request });
      return versions.map((version) => [version.name?.split("/").at(-1), version.state]);
    };
    expect(await numbers({})).toEqual([
      ["3", "DISABLED"],
      ["2", "ENABLED"],
      ["1", "ENABLED"],
    ]);
    expect(await numbers({ pageSize: 1, filter: "state:ENABLED" })).toEqual([
      ["2", "ENABLED"],
      ["1", "ENABLED"],
    ]);
    await expect(admin.listSecretVersions({ parent: name, filter: "create_time>2026" })).rejects.toMatchObject({
      code: 12,
    });
    await expect(clientOf("reader").listSecretVersions({ parent: name })).rejects.toMatchObject({ code: 7 });
    const [payload] = await admin.accessSecretVersion({ name: `${name}/versions/2` });
    expect(payload.payload?.data?.toString()).toBe("v2");
  });
});
