import { CodeChallengeMethod, OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock } from "../rest/emulator.ts";
import { answerConsent } from "./answer-consent.ts";
import type { OAuthEmulator } from "./start-oauth-emulator.ts";
import { startOAuthEmulator } from "./start-oauth-emulator.ts";

const redirectUri = "http://127.0.0.1:9/callback";
const EVENTS = "https://www.googleapis.com/auth/calendar.events";
const FREEBUSY = "https://www.googleapis.com/auth/calendar.freebusy";
const EMAIL = "https://www.googleapis.com/auth/userinfo.email";
const scope = ["openid", "email", EVENTS, FREEBUSY];

describe("the OAuth emulator", () => {
  let emulator: OAuthEmulator;
  let clock: ReturnType<typeof manualClock>;
  let client: OAuth2Client;

  function newClient(clientId = "web-client", clientSecret = "web-secret"): OAuth2Client {
    const url = emulator.url;
    return new OAuth2Client({
      clientId,
      clientSecret,
      redirectUri,
      endpoints: {
        oauth2AuthBaseUrl: `${url}/o/oauth2/v2/auth`,
        oauth2TokenUrl: `${url}/token`,
        oauth2RevokeUrl: `${url}/revoke`,
        tokenInfoUrl: `${url}/tokeninfo`,
        oauth2FederatedSignonPemCertsUrl: `${url}/oauth2/v1/certs`,
        oauth2FederatedSignonJwkCertsUrl: `${url}/oauth2/v3/certs`,
      },
      transporterOptions: { retryConfig: { retry: 0 } },
    });
  }

  const authorize = (options: object = {}) =>
    client.generateAuthUrl({ access_type: "offline", scope, state: "s1", ...options });

  async function callback(options: object = {}, answer: Parameters<typeof answerConsent>[1] = {}) {
    return new URL(await answerConsent(authorize(options), answer)).searchParams;
  }

  async function connect(options: object = {}, answer: Parameters<typeof answerConsent>[1] = {}) {
    const parameters = await callback(options, answer);
    return (await client.getToken(parameters.get("code") ?? "")).tokens;
  }

  const refused = (error: string, status = 400) => ({
    status,
    response: { data: { error, error_description: expect.any(String) } },
  });

  beforeEach(async () => {
    clock = manualClock(new Date());
    const clients = ["web-client", "other-client"].map((clientId) => {
      return { clientId, clientSecret: clientId.replace("client", "secret"), redirectUris: [redirectUri] };
    });
    emulator = await startOAuthEmulator({ clock, clients, mayImpersonate: (caller) => caller === "creator@p" });
    client = newClient();
    emulator.createAccount({ email: "ada@example.com", name: "Ada" });
    emulator.createAccount({ email: "grace@example.com", name: "Grace", edition: "personal" });
  });

  afterEach(() => emulator.stop());

  it("takes a person through consent, code with PKCE, tokens and refresh", async () => {
    const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync();
    const pkce = { code_challenge: codeChallenge, code_challenge_method: CodeChallengeMethod.S256 };
    const parameters = await callback({ ...pkce, login_hint: "grace@example.com", nonce: "n1" });
    expect(parameters.get("state")).toBe("s1");
    expect(parameters.get("scope")?.split(" ")).toEqual(["openid", EMAIL, EVENTS, FREEBUSY]);

    const { tokens } = await client.getToken({ code: parameters.get("code") ?? "", codeVerifier });
    const ticket = await client.verifyIdToken({ idToken: tokens.id_token ?? "", audience: "web-client" });
    expect(ticket.getPayload()).toMatchObject({ email: "grace@example.com", email_verified: true, nonce: "n1" });
    expect(ticket.getPayload()).not.toHaveProperty("hd");
    expect(tokens.refresh_token).toMatch(/^1\/\//);

    client.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    const { token } = await client.getAccessToken();
    expect(emulator.principalOf(token ?? "")).toEqual({
      kind: "user",
      sub: ticket.getUserId(),
      email: "grace@example.com",
      scopes: new Set(["openid", EMAIL, EVENTS, FREEBUSY]),
    });
    const info = await client.getTokenInfo(token ?? "");
    expect(info).toMatchObject({ email: "grace@example.com", aud: "web-client" });
    expect(info.scopes).toContain(EVENTS);
  });

  it("grants only what stays ticked, and sign-in scopes in any case", async () => {
    const tokens = await connect({}, { scopes: [EVENTS] });
    expect(tokens.scope?.split(" ")).toEqual(["openid", EMAIL, EVENTS]);
  });

  it("sends a refusal back to the client", async () => {
    const parameters = await callback({}, { decision: "deny" });
    expect(Object.fromEntries(parameters)).toMatchObject({ error: "access_denied", state: "s1" });
    expect(parameters.has("code")).toBe(false);
  });

  it("gives a refresh token on the first consent only, unless it is made to ask again", async () => {
    expect(await connect()).toHaveProperty("refresh_token");
    expect(await connect()).not.toHaveProperty("refresh_token");
    expect(await connect({ prompt: "consent" })).toHaveProperty("refresh_token");
    expect(await connect({ access_type: "online", prompt: "consent" })).not.toHaveProperty("refresh_token");
  });

  it("adds earlier scopes to a token that asks for them", async () => {
    await connect({ scope: ["openid", EVENTS] });
    const tokens = await connect({ scope: [FREEBUSY], include_granted_scopes: true });
    expect(tokens.scope?.split(" ")).toEqual(["openid", EVENTS, FREEBUSY]);
    expect((await callback({ scope: ["email"], prompt: "none" })).get("error")).toBe("interaction_required");
  });

  it("takes a code once, for ten minutes, with its own verifier and redirect address", async () => {
    const code = (await callback()).get("code") ?? "";
    await client.getToken(code);
    await expect(client.getToken(code)).rejects.toMatchObject(refused("invalid_grant"));

    const late = (await callback()).get("code") ?? "";
    clock.advance(600_000);
    await expect(client.getToken(late)).rejects.toMatchObject(refused("invalid_grant"));

    const { codeChallenge } = await client.generateCodeVerifierAsync();
    const pkce = { code_challenge: codeChallenge, code_challenge_method: CodeChallengeMethod.S256 };
    const stolen = (await callback(pkce)).get("code") ?? "";
    await expect(client.getToken({ code: stolen, codeVerifier: "x".repeat(43) })).rejects.toMatchObject(
      refused("invalid_grant"),
    );
    const moved = (await callback()).get("code") ?? "";
    await expect(client.getToken({ code: moved, redirect_uri: "http://evil.example" })).rejects.toMatchObject(
      refused("redirect_uri_mismatch"),
    );
    const others = (await callback()).get("code") ?? "";
    await expect(newClient("other-client", "other-secret").getToken(others)).rejects.toMatchObject(
      refused("invalid_grant"),
    );
    const { codeVerifier } = await client.generateCodeVerifierAsync();
    const unasked = (await callback()).get("code") ?? "";
    await expect(client.getToken({ code: unasked, codeVerifier })).rejects.toMatchObject(refused("invalid_grant"));
  });

  it("knows its clients and their secrets", async () => {
    const tokens = await connect();
    const wrong = newClient("web-client", "guess");
    wrong.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(wrong.getAccessToken()).rejects.toMatchObject(refused("invalid_client", 401));
    const other = newClient("other-client", "other-secret");
    other.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(other.getAccessToken()).rejects.toMatchObject(refused("unauthorized_client", 401));
    const response = await fetch(`${emulator.url}/token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", client_id: "web-client" }),
    });
    expect(await response.json()).toMatchObject({ error: "unsupported_grant_type" });
  });

  it.each([
    [{ client_id: "nobody" }, 401, "invalid_client"],
    [{ redirect_uri: "http://evil.example/" }, 400, "redirect_uri_mismatch"],
    [{ scope: ["https://www.googleapis.com/auth/made.up"] }, 400, "invalid_scope"],
    [{ response_type: "token" }, 400, "unsupported_response_type"],
    [{ prompt: "maybe" }, 400, "invalid_request"],
    [{ access_type: "forever" }, 400, "invalid_request"],
    [{ code_challenge: "short" }, 400, "invalid_request"],
  ])("sends the browser to Google's error page for %o, never to the client", async (options, status, code) => {
    const asked = authorize(options);
    const refused = await fetch(asked, { redirect: "manual" });
    const location = new URL(refused.headers.get("location") ?? "", asked);
    expect([refused.status, location.origin, location.pathname]).toEqual([302, emulator.url, "/signin/oauth/error"]);
    const told = Buffer.from(location.searchParams.get("authError") ?? "", "base64").toString("latin1");
    expect(told).toContain(code);
    const response = await fetch(location);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
  });

  it("forgets a redirect address that somebody took from the client, and an old secret", async () => {
    const path = `${emulator.url}/emulator/clients/web-client`;
    const change = (body: object) => fetch(path, { method: "PATCH", body: JSON.stringify(body) });
    await change({ redirectUris: ["https://other.example/callback"] });
    const refused = await fetch(authorize(), { redirect: "manual" });
    expect(refused.headers.get("location")).toContain("/signin/oauth/error");
    await change({ redirectUris: ["http://127.0.0.1:9/callback"], clientSecret: "new" });
    const form = { grant_type: "authorization_code", code: "x", client_id: "web-client", client_secret: "web-secret" };
    const answer = await fetch(`${emulator.url}/token`, { method: "POST", body: new URLSearchParams(form) });
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: "invalid_client" }]);
  });

  it("does not sign in somebody who has no account", async () => {
    await expect(callback({ login_hint: "nobody@example.com" })).rejects.toThrow(/find your Google Account/);
  });

  it("refuses unknown parameters and a form that was answered before", async () => {
    expect((await fetch(`${authorize()}&approval_prompt=force`, { redirect: "manual" })).status).toBe(400);
    const page = await (await fetch(authorize())).text();
    const request = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "";
    const body = new URLSearchParams({ request, account: "ada@example.com", decision: "approve" });
    const post = () => fetch(`${emulator.url}/o/oauth2/v2/auth`, { method: "POST", body, redirect: "manual" });
    expect((await post()).status).toBe(302);
    expect((await post()).status).toBe(400);
  });

  it("revokes everything of a user, through any token, for all clients", async () => {
    const tokens = await connect();
    client = newClient("other-client", "other-secret");
    const others = await connect();
    await client.revokeToken(others.access_token ?? "");
    expect(emulator.principalOf(tokens.access_token ?? "")).toBeNull();
    const first = newClient();
    first.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(first.getAccessToken()).rejects.toMatchObject({
      ...refused("invalid_grant"),
      message: "invalid_grant",
    });
    await expect(client.revokeToken("unknown")).rejects.toMatchObject(refused("invalid_token"));
    client = first;
    expect(await connect()).toHaveProperty("refresh_token");
  });

  it("lets the oldest of more than a hundred refresh tokens die silently", async () => {
    const first = await connect();
    const second = await connect({ prompt: "consent" });
    for (let count = 0; count < 99; count += 1) await connect({ prompt: "consent" });
    const use = (token: string | null | undefined) => {
      client.setCredentials({ refresh_token: token ?? "" });
      return client.getAccessToken();
    };
    await expect(use(first.refresh_token)).rejects.toMatchObject(refused("invalid_grant"));
    await expect(use(second.refresh_token)).resolves.toHaveProperty("token");
  });

  it("ends time-bound access and access tokens in time", async () => {
    const tokens = await connect({}, { accessSeconds: 30 * 86_400 });
    expect(tokens).toHaveProperty("refresh_token_expires_in", 30 * 86_400);
    clock.advance(3_600_000);
    expect(emulator.principalOf(tokens.access_token ?? "")).toBeNull();
    await expect(client.getTokenInfo(tokens.access_token ?? "")).rejects.toMatchObject(refused("invalid_token"));
    client.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(client.getAccessToken()).resolves.toHaveProperty("token");
    clock.advance(30 * 86_400_000);
    client.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(client.getAccessToken()).rejects.toMatchObject(refused("invalid_grant"));
  });

  it("makes tokens of service accounts for those who may have them", async () => {
    const caller = (email: string) => emulator.accessToken(email).token;
    const generate = (method: string, token: string, body: object) =>
      fetch(`${emulator.url}/v1/projects/-/serviceAccounts/push@p:${method}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const request = { audience: "process-booking", includeEmail: true };
    const response = await generate("generateIdToken", caller("creator@p"), request);
    const { token } = (await response.json()) as { token: string };
    const ticket = await client.verifyIdToken({ idToken: token, audience: "process-booking" });
    expect(ticket.getPayload()).toMatchObject({ email: "push@p", email_verified: true });
    await expect(client.verifyIdToken({ idToken: token, audience: "other" })).rejects.toThrow(/audience/);
    expect((await generate("generateIdToken", caller("stranger@p"), request)).status).toBe(403);
    expect((await generate("generateIdToken", "nothing", request)).status).toBe(401);

    const scopes = { scope: ["https://www.googleapis.com/auth/cloud-platform"] };
    const granted = await generate("generateAccessToken", caller("push@p"), { ...scopes, lifetime: "600s" });
    const { accessToken } = (await granted.json()) as { accessToken: string };
    expect(emulator.principalOf(accessToken)).toEqual({ kind: "service_account", email: "push@p" });
    clock.advance(600_000);
    expect(emulator.principalOf(accessToken)).toBeNull();
  });

  it("is controlled over HTTP", async () => {
    const post = (path: string, body: object) =>
      fetch(`${emulator.url}/emulator${path}`, { method: "POST", body: JSON.stringify(body) });
    await post("/accounts", { email: "lin@example.com", name: "Lin", edition: "enterprise_plus" });
    await post("/accounts/default", { email: "lin@example.com" });
    const tokens = await connect();
    const listed = await fetch(`${emulator.url}/emulator/accounts`);
    const { accounts } = (await listed.json()) as { accounts: { email: string; grants: unknown[] }[] };
    expect(accounts.find((account) => account.email === "lin@example.com")?.grants).toMatchObject([
      { clientId: "web-client", refreshTokens: 1 },
    ]);
    await post("/accounts/expire-access-tokens", { email: "lin@example.com" });
    expect(emulator.principalOf(tokens.access_token ?? "")).toBeNull();
    client.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(client.getAccessToken()).resolves.toHaveProperty("token");
    await post("/accounts/revoke", { email: "lin@example.com" });
    client.setCredentials({ refresh_token: tokens.refresh_token ?? "" });
    await expect(client.getAccessToken()).rejects.toMatchObject(refused("invalid_grant"));
    expect((await post("/accounts/revoke", { email: "nobody@example.com" })).status).toBe(404);
  });
});
