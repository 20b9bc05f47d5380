import { createClient } from "@supabase/supabase-js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestApi } from "#testing/api.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await openTestDatabase();
  api = await database.api();
});
afterEach(() => api.gateway.reset());
afterAll(() => database.close());

const password = "correct horse";
const auth = { persistSession: false, autoRefreshToken: false };
const newClient = (key: string) => createClient(api.url, key, { auth });
const get = (path: string, headers: Record<string, string>) => fetch(api.url + path, { headers });

describe("an API key", () => {
  it("is asked for", async () => {
    const response = await get("/rest/v1/bookings", {});
    expect([response.status, await response.json()]).toMatchObject([401, { message: "No API key found in request" }]);
  });

  it("is refused when nobody issued it, also as a Bearer token", async () => {
    expect((await get("/rest/v1/bookings", { apikey: "sb_secret_guess" })).status).toBe(401);
    const headers = { apikey: api.publishableKey, authorization: "Bearer sb_secret_guess" };
    expect((await get("/rest/v1/bookings", headers)).status).toBe(401);
  });

  it("is refused in a browser when it is the secret one", async () => {
    const browser = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" };
    expect((await get("/rest/v1/services", { apikey: api.secretKey, ...browser })).status).toBe(401);
    expect((await get("/auth/v1/health", { apikey: api.publishableKey, ...browser })).status).toBe(200);
  });

  it("stands for its role", async () => {
    const secret = await api.service.from("bookings").select("id");
    const publishable = await api.anonymous.from("bookings").select("id");
    expect([secret.error, publishable.error?.code]).toEqual([null, "42501"]);
  });

  it("never lets a forged user token pass", async () => {
    const header = btoa(JSON.stringify({ alg: "none", typ: "JWT" }));
    const claims = btoa(JSON.stringify({ role: "service_role", exp: 4e9 }));
    const headers = { apikey: api.publishableKey, authorization: `Bearer ${header}.${claims}.` };
    expect((await get("/rest/v1/bookings", headers)).status).toBe(401);
  });
});

describe("a session", () => {
  it("starts with the password and carries the platform's claims, verifiable with the published keys", async () => {
    const email = "Grace@Example.com";
    const created = await api.service.auth.admin.createUser({ email, password, email_confirm: true });
    const { data } = await newClient(api.publishableKey).auth.signInWithPassword({ email, password });
    const jwks = createRemoteJWKSet(new URL(`${api.url}/auth/v1/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(data.session?.access_token ?? "", jwks, {
      issuer: `${api.url}/auth/v1`,
      audience: "authenticated",
      algorithms: ["ES256"],
    });
    expect(protectedHeader.alg).toBe("ES256");
    expect(payload).toMatchObject({ sub: created.data.user?.id, email: "grace@example.com", role: "authenticated" });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it("is refused for a wrong password and for an unknown address with the same words", async () => {
    await api.service.auth.admin.createUser({ email: "ada@example.com", password });
    const signIn = (email: string, guess: string) =>
      newClient(api.publishableKey).auth.signInWithPassword({ email, password: guess });
    const wrong = await signIn("ada@example.com", "wrong horse");
    const unknown = await signIn("nobody@example.com", password);
    expect([wrong.error?.code, unknown.error?.code]).toEqual(["invalid_credentials", "invalid_credentials"]);
  });

  it("is renewed once with each refresh token", async () => {
    const client = newClient(api.publishableKey);
    const { data } = await client.auth.signUp({ email: "edsger@example.com", password });
    const refresh_token = data.session?.refresh_token ?? "";
    expect((await client.auth.refreshSession({ refresh_token })).error).toBeNull();
    expect((await newClient(api.publishableKey).auth.refreshSession({ refresh_token })).error?.code).toBe(
      "refresh_token_not_found",
    );
  });

  it("does not outlive its user at /user", async () => {
    const user = await database.createUser();
    const token = await api.gateway.mintUserJwt(user.id, user.email);
    await api.service.auth.admin.deleteUser(user.id);
    expect((await newClient(api.publishableKey).auth.getUser(token)).error?.code).toBe("user_not_found");
  });

  it("of an administrator is not to be had with a publishable key", async () => {
    expect((await api.anonymous.auth.admin.createUser({ email: "eve@example.com" })).error?.code).toBe("not_admin");
  });
});

describe("a fault", () => {
  const service = { name: "Interview" };

  it("drop_reply: the write happens and its answer is lost", async () => {
    api.gateway.faults.add({ operation: "rest.services", kind: "drop_reply" });
    const { error } = await api.service.from("services").insert(service);
    expect(error?.message).toContain("fetch failed");
    expect(await database.sql("select name from public.services")).toEqual([service]);
  });

  it("drop_request and status: the write does not happen", async () => {
    const before = await database.sql("select id from public.services");
    api.gateway.faults.add({ operation: "rest.services", kind: "drop_request" });
    api.gateway.faults.add({ operation: "rest.services", kind: "status", status: 503 });
    const statuses = [
      await api.service.from("services").insert(service),
      await api.service.from("services").insert(service),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([0, 503]);
    expect(await database.sql("select id from public.services")).toEqual(before);
  });

  it("is added over HTTP as for every emulator, and calls are counted", async () => {
    const body = JSON.stringify({ operation: "rpc.record_effects", kind: "status", status: 500 });
    await fetch(`${api.url}/emulator/faults`, { method: "POST", body });
    expect((await api.service.rpc("record_effects", { p_effects: [] })).status).toBe(500);
    const { counts } = (await (await fetch(`${api.url}/emulator/calls`)).json()) as { counts: object };
    expect(counts).toEqual({ "rpc.record_effects": 1 });
  });
});

it("what is not emulated says so", async () => {
  const response = await get("/auth/v1/otp", { apikey: api.publishableKey });
  expect([response.status, await response.json()]).toMatchObject([501, { message: expect.stringContaining("/otp") }]);
});
