import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ConsultantAuth, makeConsultantAuth } from "#google/consultant-auth.ts";
import type { Clock } from "#kernel/clock.ts";
import { Secret } from "#kernel/secret.ts";
import { NeedsReconnectError, RetryableError } from "#kernel/verdicts.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { openTestDatabase, type TestDatabase, type TestUser } from "#testing/database.ts";
import { answerConsent } from "../../scripts/emulators/oauth/answer-consent.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { type RestServer, startRestServer } from "../../scripts/emulators/rest/server.ts";
import { makeGoogleOauth } from "./oauth.ts";

const CALENDAR = "https://www.googleapis.com/auth/calendar.events";
const EMAIL = "https://www.googleapis.com/auth/userinfo.email";
const REDIRECT_URI = "https://auth.example.com/callback";
const secret = { clientId: "client", clientSecret: new Secret("secret") };
const never: Clock = { now: () => new Date(), wait: () => new Promise<void>(() => undefined) };

let database: TestDatabase;
let google: OAuthEmulator;
/** Some API that wants a consultant's token. */
let probe: RestServer;
let auth: ConsultantAuth;
let user: TestUser;

beforeAll(async () => {
  database = await openTestDatabase();
  google = await startOAuthEmulator({
    clock: scaledClock(1),
    clients: [{ clientId: "client", clientSecret: "secret", redirectUris: [REDIRECT_URI] }],
  });
  probe = await startRestServer({
    name: "probe",
    operations: [
      {
        name: "probe.get",
        method: "GET",
        path: "/probe",
        query: [],
        scopes: [CALENDAR],
        run: ({ principal }) => ({ status: 200, json: { principal } }),
      },
    ],
    state: {},
    authority: google,
    clock: scaledClock(1),
  });
});
afterAll(async () => {
  await probe?.stop();
  await google?.stop();
  await database?.close();
});
beforeEach(async () => {
  google.reset();
  probe.reset();
  google.createAccount({ email: "ada@example.com", name: "Ada" });
  user = await database.createUser();
  auth = await makeAuth();
  await connect();
});

async function makeAuth(clock: Clock = never): Promise<ConsultantAuth> {
  const tokens = makeConsultantTokenStore((await database.api()).service);
  return makeConsultantAuth({ ...secret, tokens, clock, oauthEndpoint: google.url });
}

async function connect(email = "ada@example.com"): Promise<void> {
  const scopes = ["openid", EMAIL, CALENDAR];
  const oauth = makeGoogleOauth({ ...secret, redirectUri: REDIRECT_URI, scopes, endpoint: google.url });
  const verifier = "v".repeat(43);
  const challenge = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(verifier))).toString("base64url");
  const back = await answerConsent(oauth.consentUrl({ state: "s", codeChallenge: challenge }), { account: email });
  const grant = await oauth.exchange(new URL(back).searchParams.get("code") ?? "", verifier);
  if (grant === null) throw new Error("no grant");
  await database.sql("select public.connect_google($1, $2, $3)", [
    user.id,
    JSON.stringify({ sub: grant.sub, email: grant.email, scopes: grant.scopes }),
    grant.refreshToken?.reveal(),
  ]);
}

const call = async () =>
  (await auth.clientFor(user.id)).request<{ principal: { email: string } }>({ url: `${probe.url}/probe` });

const tokenCalls = () => google.calls.list().filter(({ operation }) => operation === "oauth.token").length;
const connection = async () =>
  (
    await database.sql<{ state: string }>("select state from public.google_connections where user_id = $1", [user.id])
  )[0]?.state;
const mails = async () =>
  (await database.sql("select 1 from private.messages where user_id = $1 and kind = 'reconnect_google'", [user.id]))
    .length;

describe("acting for a consultant", () => {
  it("refreshes once for fifty who ask at the same moment, and keeps the access token", async () => {
    const before = tokenCalls();
    await Promise.all(Array.from({ length: 50 }, call));
    await call();
    expect(tokenCalls() - before).toBe(1);
  });

  it("takes one fresh access token when Google refuses the one at hand in the middle of a job", async () => {
    await call();
    google.expireAccessTokens("ada@example.com");
    const before = tokenCalls();
    expect((await call()).data.principal.email).toBe("ada@example.com");
    expect([tokenCalls() - before, await connection()]).toEqual([1, "connected"]);
  });

  it("notes a dead grant once, tells the consultant once, and asks Google no more", async () => {
    await call();
    google.revokeAccess("ada@example.com");
    const tries = await Promise.allSettled(Array.from({ length: 20 }, call));
    expect(tries.every((one) => one.status === "rejected" && one.reason instanceof NeedsReconnectError)).toBe(true);
    expect([await connection(), await mails()]).toEqual(["needs_reconnect", 1]);
    const before = tokenCalls();
    await expect(call()).rejects.toMatchObject({ code: "google_needs_reconnect", userId: user.id });
    expect([tokenCalls() - before, await mails()]).toEqual([0, 1]);
  });

  it("goes on after the consultant has connected again", async () => {
    google.revokeAccess("ada@example.com");
    await expect(call()).rejects.toBeInstanceOf(NeedsReconnectError);
    await connect();
    expect((await call()).status).toBe(200);
  });

  it("takes two refusals in a row, the second of a fresh token, for a dead grant", async () => {
    probe.faults.add({ operation: "probe.get", kind: "status", status: 401, times: 2 });
    await expect(call()).rejects.toMatchObject({ code: "google_signed_out" });
    expect(await connection()).toBe("needs_reconnect");
  });

  it("does not refresh for a 403, which is a limit or a missing right", async () => {
    await call();
    const before = tokenCalls();
    probe.faults.add({ operation: "probe.get", kind: "status", status: 403, reason: "rateLimitExceeded" });
    await expect(call()).rejects.toMatchObject({ status: 403 });
    expect([tokenCalls() - before, await connection()]).toEqual([0, "connected"]);
  });

  it("calls a sign-in that is down retryable and marks nothing", async () => {
    google.faults.add({ operation: "oauth.token", kind: "status", status: 503, times: 10 });
    await expect(call()).rejects.toBeInstanceOf(RetryableError);
    expect(await connection()).toBe("connected");
  });

  it("calls a wrong client secret retryable: the operator's fault asks no consultant to reconnect", async () => {
    const tokens = makeConsultantTokenStore((await database.api()).service);
    const clientSecret = new Secret("rotated");
    auth = makeConsultantAuth({ ...secret, clientSecret, tokens, clock: never, oauthEndpoint: google.url });
    await expect(call()).rejects.toMatchObject({ code: "google_oauth_client" });
    expect([await connection(), await mails()]).toEqual(["connected", 0]);
  });

  it("does not wait for ever for a sign-in that hangs", async () => {
    google.faults.add({ operation: "oauth.token", kind: "delay", delayMs: 60_000 });
    auth = await makeAuth({ now: () => new Date(), wait: async () => undefined });
    await expect(call()).rejects.toMatchObject({ code: "google_unavailable" });
  });

  it("never uses the former account after the consultant has connected another", async () => {
    expect((await call()).data.principal.email).toBe("ada@example.com");
    google.createAccount({ email: "work@example.com", name: "Ada at work" });
    await connect("work@example.com");
    expect((await call()).data.principal.email).toBe("work@example.com");
  });

  it("stops at once when the consultant disconnects", async () => {
    await call();
    await database.sql("select public.disconnect_google($1)", [user.id]);
    await expect(call()).rejects.toMatchObject({ code: "google_disconnected" });
  });

  it("says so of someone who never connected", async () => {
    await expect(auth.clientFor(crypto.randomUUID())).rejects.toMatchObject({ code: "google_not_connected" });
  });

  it("marks a token that cannot be read, and shows nothing of it", async () => {
    await database.sql("update public.user_tokens set encrypted_google_refresh_token = '\\x00ff' where user_id = $1", [
      user.id,
    ]);
    const failure = await auth.clientFor(user.id).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "google_token_unreadable" });
    expect([await connection(), await mails()]).toEqual(["needs_reconnect", 1]);
  });
});
