import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { wantedScopes } from "#domain/google-scopes.ts";
import { makeCalendarChanges } from "#google/calendar-changes.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeGoogleOauth } from "#google/oauth.ts";
import { makeWorkspaceEvents } from "#google/workspace-events.ts";
import { Secret } from "#kernel/secret.ts";
import { makeCalendarChannelStore } from "#supabase/calendar-channel-store.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeGoogleConnectionStore } from "#supabase/google-connection-store.ts";
import { makeMeetingEventSubscriptionStore } from "#supabase/meeting-event-subscription-store.ts";
import { makeOauthStateStore } from "#supabase/oauth-state-store.ts";
import { makeSessionVerifier } from "#supabase/session-verifier.ts";
import type { TestApi } from "#testing/api.ts";
import { openTestDatabase, type TestDatabase, type TestUser } from "#testing/database.ts";
import {
  type CalendarEmulator,
  startCalendarEmulator,
} from "../../scripts/emulators/calendar/start-calendar-emulator.ts";
import { MeetState } from "../../scripts/emulators/meet/meet-state.ts";
import { answerConsent, type ConsentAnswer } from "../../scripts/emulators/oauth/answer-consent.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import {
  startWorkspaceEventsEmulator,
  type WorkspaceEventsEmulator,
} from "../../scripts/emulators/workspaceevents/start-workspace-events-emulator.ts";
import { makeCallback } from "./callback.ts";
import { makeConnect } from "./connect.ts";
import { makeDisconnect } from "./disconnect.ts";
import { makeHandler } from "./handler.ts";

const APP_URL = "https://app.example.com";
const REDIRECT_URI = "https://auth.example.com/callback";
const clock = { now: () => new Date(), wait: () => new Promise<void>(() => undefined) };

let database: TestDatabase;
let api: TestApi;
let google: OAuthEmulator;
let handler: ReturnType<typeof makeHandler>;
let user: TestUser;
let meetings: WorkspaceEventsEmulator;
let calendar: CalendarEmulator;
let errors: string[];

beforeAll(async () => {
  database = await openTestDatabase();
  api = await database.api();
  google = await startOAuthEmulator({
    clock: scaledClock(1),
    clients: [{ clientId: "client", clientSecret: "secret", redirectUris: [REDIRECT_URI] }],
  });
  meetings = await startWorkspaceEventsEmulator({
    clock: scaledClock(1),
    authority: google,
    projectId: "project",
    publish: () => undefined,
  });
  calendar = await startCalendarEmulator({ clock: scaledClock(1), authority: google, meet: new MeetState() });
  handler = makeTestHandler();
});
afterAll(async () => {
  await meetings?.stop();
  await calendar?.stop();
  await google?.stop();
  await database?.close();
});
beforeEach(async () => {
  google.reset();
  meetings.reset();
  calendar.reset();
  google.createAccount({ email: "ada@example.com", name: "Ada" });
  user = await database.createUser();
  errors = [];
});

function makeTestHandler() {
  const states = makeOauthStateStore(api.service);
  const connections = makeGoogleConnectionStore(api.service);
  const subscriptionStore = makeMeetingEventSubscriptionStore(api.service);
  const client = { clientId: "client", clientSecret: new Secret("secret") };
  const oauth = makeGoogleOauth({
    ...client,
    redirectUri: REDIRECT_URI,
    scopes: wantedScopes({ recordings: true }),
    endpoint: google.url,
  });
  const tokens = makeConsultantTokenStore(api.service);
  const auth = makeConsultantAuth({ ...client, tokens, clock, oauthEndpoint: google.url });
  const channels = makeCalendarChanges({ auth, endpoint: calendar.url });
  const subscriptions = makeWorkspaceEvents({
    auth,
    projectId: "project",
    topic: "meeting-events",
    endpoint: meetings.url,
  });
  const channelStore = makeCalendarChannelStore(api.service);
  const shared = { oauth, states, connections, tokens, subscriptions, subscriptionStore, channels, channelStore };
  return makeHandler({
    sessions: makeSessionVerifier({ url: api.url, clock }),
    connect: makeConnect({ ...shared, stateLifetimeSeconds: 600 }),
    callback: makeCallback({ ...shared, subscriptionCheckSeconds: 60, subscriptionRetrySeconds: 60 }),
    disconnect: makeDisconnect(shared),
    status: connections.status,
    appUrl: APP_URL,
    cookieSeconds: 600,
    report: () => undefined,
    reportError: (error) => errors.push(error.message),
  });
}

const session = (of: TestUser = user) => api.gateway.mintUserJwt(of.id, of.email);
const bearer = async (of: TestUser = user) => ({ authorization: `Bearer ${await session(of)}` });

interface Begun {
  readonly url: string;
  readonly cookie: string;
}

async function begin(
  options: { of?: TestUser; next?: string; cookie?: string; by?: typeof handler } = {},
): Promise<Begun> {
  const { of = user, next, cookie, by = handler } = options;
  const query = next === undefined ? "" : `?next=${encodeURIComponent(next)}`;
  const headers = { ...(await bearer(of)), accept: "application/json", ...(cookie && { cookie }) };
  const response = await by.request(`/connect${query}`, { method: "POST", headers });
  const { url } = (await response.json()) as { url: string };
  return { url, cookie: (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
}

async function consent({ url }: Begun, answer: ConsentAnswer = {}): Promise<string> {
  const callback = new URL(await answerConsent(url, answer));
  return `${callback.pathname}${callback.search}`;
}

const arrive = async (path: string, cookie?: string) =>
  handler.request(path, cookie === undefined ? {} : { headers: { cookie } });

async function connectFully(answer: ConsentAnswer = {}): Promise<Response> {
  const begun = await begin();
  return arrive(await consent(begun, answer), begun.cookie);
}

const state = async (of: TestUser = user) =>
  ((await (await handler.request("/status", { headers: await bearer(of) })).json()) as { state: string }).state;
const exchanges = () => google.calls.list().filter(({ operation }) => operation.includes("token")).length;

describe("a consultant who connects Google", () => {
  it("is connected, with an encrypted token, a subscription and the scopes that were granted", async () => {
    const response = await connectFully();
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("ada@example.com")]);
    const status = await handler.request("/status", { headers: await bearer() });
    expect(await status.json()).toMatchObject({
      state: "connected",
      email: "ada@example.com",
      scopes: expect.arrayContaining(["https://www.googleapis.com/auth/calendar.events"]),
    });
    expect(meetings.subscriptions().map(({ userSub }) => userSub)).toEqual([google.accounts()[0]?.sub]);
  });

  it("is asked for offline access, for consent and with PKCE", async () => {
    const { url, cookie } = await begin();
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      access_type: "offline",
      prompt: "consent",
      code_challenge_method: "S256",
      redirect_uri: REDIRECT_URI,
    });
    expect(new URL(url).searchParams.get("scope")).toContain("drive.meet.readonly");
    expect(cookie).toMatch(/^__Host-google-connect=[\w-]{43}$/);
  });

  it("gets a cookie that no script, no other site and no plain connection sees", async () => {
    const response = await handler.request("/connect", { headers: await bearer() });
    expect(response.status).toBe(302);
    expect(response.headers.get("set-cookie")).toMatch(/Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax/);
  });

  it("comes back to the page of the app that it came from", async () => {
    const begun = await begin({ next: "/bookings?tab=1#today" });
    const response = await arrive(await consent(begun), begun.cookie);
    expect([response.status, response.headers.get("location")]).toEqual([303, `${APP_URL}/bookings?tab=1#today`]);
  });

  it("is connected even when Google refuses the subscription, which is noted for another try", async () => {
    meetings.faults.add({ operation: "subscriptions.create", kind: "status", status: 403, reason: "forbidden" });
    expect((await connectFully()).status).toBe(200);
    const [row] = await database.sql("select name, problem from private.workspace_subscriptions where user_id = $1", [
      user.id,
    ]);
    const problem = expect.stringMatching(/^Google Workspace Events does not allow this/);
    expect([row, errors]).toEqual([{ name: null, problem }, [problem]]);
  });

  it("may do so by a form of the app, and of no other site", async () => {
    const post = async (origin: string) =>
      handler.request("/connect", {
        method: "POST",
        headers: { origin, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ access_token: await session() }).toString(),
      });
    expect([(await post(APP_URL)).status, (await post("https://evil.example")).status]).toEqual([302, 401]);
  });

  it("is told which permissions are missing, and nothing is stored", async () => {
    const scopes = wantedScopes({ recordings: true }).filter((scope) => !scope.endsWith("calendar.events"));
    const response = await connectFully({ scopes });
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining("add meetings to your calendar"),
    ]);
    expect(await state()).toBe("not_connected");
  });

  it("may leave out the recording upgrade", async () => {
    expect((await connectFully({ scopes: wantedScopes({ recordings: false }) })).status).toBe(200);
    expect(await state()).toBe("connected");
  });

  it("sees a plain page after saying no, and no code is exchanged", async () => {
    const before = exchanges();
    const response = await connectFully({ decision: "deny" });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("did not give access")]);
    expect([await state(), exchanges() - before]).toEqual(["not_connected", 0]);
  });

  it("can finish both of two tabs of one browser", async () => {
    const first = await begin();
    const second = await begin({ cookie: first.cookie });
    const [one, two] = [await consent(first), await consent(second)];
    expect([(await arrive(one, second.cookie)).status, (await arrive(two, second.cookie)).status]).toEqual([200, 200]);
  });
});

describe("a callback that is not the answer to this browser's own flow", () => {
  it.each<[string, (path: string, begun: Begun) => [string, string | undefined]]>([
    ["without a cookie", (path) => [path, undefined]],
    ["with another browser's cookie", (path) => [path, `__Host-google-connect=${"x".repeat(43)}`]],
    ["without a state", (path, { cookie }) => [path.replace(/state=[^&]+/, ""), cookie]],
    ["with a made-up state", (path, { cookie }) => [path.replace(/state=[^&]+/, `state=${"a".repeat(43)}`), cookie]],
    [
      "with a state of the wrong shape",
      (path, { cookie }) => [path.replace(/state=[^&]+/, "state=%27or%201=1"), cookie],
    ],
    ["with two states", (path, { cookie }) => [`${path}&state=${"a".repeat(43)}`, cookie]],
    ["with two codes", (path, { cookie }) => [`${path}&code=other`, cookie]],
    ["with a code and an error", (path, { cookie }) => [`${path}&error=access_denied`, cookie]],
    ["with neither code nor error", (path, { cookie }) => [path.replace(/code=[^&]+/, ""), cookie]],
    ["with an endless code", (path, { cookie }) => [path.replace(/code=[^&]+/, `code=${"4".repeat(5000)}`), cookie]],
  ])("%s changes nothing and says nothing", async (_name, forge) => {
    const begun = await begin();
    const path = await consent(begun);
    const before = exchanges();
    const response = await arrive(...forge(path, begun));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("no longer valid");
    expect([exchanges() - before, await state()]).toEqual([0, "not_connected"]);
    // What the attacker tried has not spent the consultant's own flow.
    expect((await arrive(path, begun.cookie)).status).toBe(200);
  });

  it("is refused the second time", async () => {
    const begun = await begin();
    const path = await consent(begun);
    await arrive(path, begun.cookie);
    const before = exchanges();
    expect((await arrive(path, begun.cookie)).status).toBe(400);
    expect([exchanges() - before, await state()]).toEqual([0, "connected"]);
  });

  it("is refused to all but one of ten who bring it at the same moment", async () => {
    const begun = await begin();
    const path = await consent(begun);
    const before = exchanges();
    const answers = await Promise.all(Array.from({ length: 10 }, () => arrive(path, begun.cookie)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
    // The one exchange, and the first access token for the subscription.
    expect(exchanges() - before).toBe(2);
  });

  it("is refused when it comes too late", async () => {
    const begun = await begin();
    const path = await consent(begun);
    await database.sql("update private.oauth_states set expires_at = now() where user_id = $1", [user.id]);
    expect((await arrive(path, begun.cookie)).status).toBe(400);
    expect(await state()).toBe("not_connected");
  });

  it("is refused when its code was taken from another flow: PKCE does not match", async () => {
    const stranger = await database.createUser();
    const [own, others] = [await begin(), await begin({ of: stranger })];
    const stolen = new URLSearchParams((await consent(others)).split("?")[1]).get("code") ?? "";
    const path = (await consent(own)).replace(/code=[^&]+/, `code=${encodeURIComponent(stolen)}`);
    expect((await arrive(path, own.cookie)).status).toBe(400);
    expect(await state()).toBe("not_connected");
  });
});

describe("a caller who is nobody", () => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = () => ({
    iss: `${api.url}/auth/v1`,
    aud: "authenticated",
    role: "authenticated",
    sub: user.id,
    exp: Math.floor(Date.now() / 1000) + 600,
  });

  it.each<[string, () => Promise<string> | string]>([
    ["nothing", () => ""],
    ["garbage", () => "Bearer garbage"],
    ["a token without a signature", () => `Bearer ${encode({ alg: "none" })}.${encode(claims())}.`],
    ["a token signed with a guessed secret", () => `Bearer ${encode({ alg: "HS256" })}.${encode(claims())}.AAAA`],
    [
      "a token whose claims were changed",
      async () => {
        const [head, , signature] = (await session()).split(".");
        return `Bearer ${head}.${encode({ ...claims(), sub: crypto.randomUUID() })}.${signature}`;
      },
    ],
    ["the publishable key", () => `Bearer ${api.publishableKey}`],
    ["the secret key", () => `Bearer ${api.secretKey}`],
    ["basic credentials", () => "Basic dXNlcjpwYXNz"],
    ["a very long token", () => `Bearer ${"a".repeat(20_000)}`],
  ])("%s opens no door", async (_name, authorization) => {
    const headers = { authorization: await authorization() };
    const answers = await Promise.all([
      handler.request("/connect", { method: "POST", headers }),
      handler.request("/connect", { headers }),
      handler.request("/status", { headers }),
      handler.request("/disconnect", { method: "POST", headers }),
    ]);
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))).toEqual(
      Array.from({ length: 4 }, () => [401, ""]),
    );
    expect(await database.sql("select 1 from private.oauth_states where user_id = $1", [user.id])).toEqual([]);
  });

  it.each([
    ["GET", "/"],
    ["GET", "/../callback/x"],
    ["POST", "/callback"],
    ["GET", "/disconnect"],
    ["PUT", "/connect"],
    ["POST", "/status"],
  ])("%s %s finds nothing", async (method, path) => {
    const response = await handler.request(path, { method });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/a\r\nset-cookie: x=1",
    "/%2e%2e//evil",
    "x",
  ])("cannot be sent to %j afterwards", async (next) => {
    const response = await handler.request(`/connect?next=${encodeURIComponent(next)}`, { headers: await bearer() });
    const location = response.headers.get("location");
    expect(response.status === 400 || location === null).toBe(true);
  });

  it("gets headers that keep pages out of frames, caches and referrers", async () => {
    const { headers } = await arrive("/callback?state=x&code=y");
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
    });
  });
});

describe("a consultant who disconnects", () => {
  const disconnect = async () => handler.request("/disconnect", { method: "POST", headers: await bearer() });

  it("leaves no token, no grant at Google and no subscription", async () => {
    await connectFully();
    expect(await (await disconnect()).json()).toEqual({ state: "disconnected" });
    expect(await database.sql("select 1 from public.user_tokens where user_id = $1", [user.id])).toEqual([]);
    expect([await state(), meetings.subscriptions()]).toEqual(["disconnected", []]);
    expect(google.calls.list().some(({ operation }) => operation.includes("revoke"))).toBe(true);
  });

  it("is disconnected at once when Google cannot be told, and the token stays for keep-watch to revoke", async () => {
    await connectFully();
    google.faults.add({ operation: "oauth.revoke", kind: "status", status: 503, times: 20 });
    expect(await (await disconnect()).json()).toEqual({ state: "disconnected" });
    const left = await database.sql("select 1 from public.user_tokens where user_id = $1", [user.id]);
    expect([await state(), left.length]).toEqual(["disconnected", 1]);
  });

  it("who was never connected is told so", async () => {
    expect(await (await disconnect()).json()).toEqual({ state: "not_connected" });
  });

  it("sees only the own connection", async () => {
    await connectFully();
    const other = await database.createUser();
    expect(await state(other)).toBe("not_connected");
  });
});
