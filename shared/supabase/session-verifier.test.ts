import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RetryableError } from "#kernel/verdicts.ts";
import type { SessionVerifier } from "#ports/session-verifier.ts";
import { makeSessionVerifier } from "#supabase/session-verifier.ts";

const now = new Date("2026-11-20T10:00:00Z");
const clock = { now: () => now, wait: () => new Promise<void>(() => undefined) };
const userId = "0b7a4f0e-6c3d-4b57-9d0b-2f6d0a3d9a11";
const inSeconds = (seconds: number) => Math.floor(now.getTime() / 1000) + seconds;

let server: Server;
let url: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let verifier: SessionVerifier;

beforeAll(async () => {
  keys = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "current", alg: "ES256", use: "sig" };
  server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = makeSessionVerifier({ url, clock });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function token(
  claims: JWTPayload = {},
  header: { alg?: string; kid?: string } = {},
  key: Parameters<SignJWT["sign"]>[0] = keys.privateKey,
) {
  const whole = {
    iss: `${url}/auth/v1`,
    aud: "authenticated",
    role: "authenticated",
    sub: userId,
    iat: inSeconds(0),
    exp: inSeconds(3600),
    ...claims,
  };
  const present = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
  return new SignJWT(present).setProtectedHeader({ alg: "ES256", kid: "current", ...header }).sign(key);
}

describe("a session token", () => {
  it("of a signed-in user names the user", async () => {
    expect(await verifier.verify(await token())).toEqual({ userId });
    expect(await verifier.verify(await token({ is_anonymous: false, amr: [] }))).toEqual({ userId });
  });

  it.each<[string, () => Promise<string>]>([
    ["has expired", () => token({ exp: inSeconds(-1) })],
    ["never expires", () => token({ exp: undefined as unknown as number })],
    ["is not valid yet", () => token({ nbf: inSeconds(60) })],
    ["is another project's", () => token({ iss: "https://other.supabase.co/auth/v1" })],
    ["has another audience", () => token({ aud: "anon" })],
    ["is a service's", () => token({ role: "service_role" })],
    ["is an anonymous sign-in's", () => token({ is_anonymous: true })],
    ["names nobody", () => token({ sub: "" })],
    ["names something else than a user", () => token({ sub: "admin" })],
    ["has an unknown key", () => token({}, { kid: "former" })],
    ["was signed by another key", async () => token({}, {}, (await generateKeyPair("ES256")).privateKey)],
    [
      "was signed with the public key as a shared secret",
      async () => token({}, { alg: "HS256" }, new TextEncoder().encode(await exportSPKI(keys.publicKey))),
    ],
  ])("that %s is nobody's", async (_what, make) => {
    expect(await verifier.verify(await make())).toBeNull();
  });

  it("cannot be judged without the keys: that is no refusal", async () => {
    const deaf = makeSessionVerifier({ url: "http://127.0.0.1:9", clock });
    await expect(deaf.verify(await token())).rejects.toBeInstanceOf(RetryableError);
  });
});
