import { OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MEETING_EVENT_TYPES, makeWorkspaceEvents } from "#google/workspace-events.ts";
import { NeedsReconnectError, RetryableError } from "#kernel/verdicts.ts";
import type { MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { manualClock, scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import {
  startWorkspaceEventsEmulator,
  type WorkspaceEventsEmulator,
} from "../../scripts/emulators/workspaceevents/start-workspace-events-emulator.ts";

const DAY_MS = 86_400_000;
const SCOPE = "https://www.googleapis.com/auth/meetings.space.readonly";
const START = new Date("2026-11-20T10:00:00Z");

let oauth: OAuthEmulator;
let google: WorkspaceEventsEmulator;
let clock: ReturnType<typeof manualClock>;
let scopes: string[];
let sub: string;
let subscriptions: MeetingEventSubscriptions;

beforeAll(async () => {
  oauth = await startOAuthEmulator({ clock: scaledClock(1), clients: [] });
  sub = oauth.createAccount({ email: "ada@example.com", name: "Ada" }).sub;
});
afterAll(() => oauth?.stop());
beforeEach(async () => {
  await google?.stop();
  clock = manualClock(START);
  google = await startWorkspaceEventsEmulator({
    authority: oauth,
    clock,
    projectId: "project",
    publish: () => undefined,
  });
  scopes = [SCOPE];
  subscriptions = adapter();
});
afterAll(() => google?.stop());

function adapter(topic = "meeting-events"): MeetingEventSubscriptions {
  const clientFor = async () => {
    const client = new OAuth2Client();
    const access_token = oauth.userAccessToken("ada@example.com", scopes);
    client.setCredentials({ access_token, expiry_date: Date.now() + DAY_MS });
    return client;
  };
  return makeWorkspaceEvents({ auth: { clientFor }, projectId: "project", topic, endpoint: google.url });
}

const ensure = () => subscriptions.ensure("u1", sub);

describe("the subscription to a consultant's meetings", () => {
  it("covers the account's own meetings, for the seven days that Google gives at most", async () => {
    expect(await ensure()).toMatchObject({
      active: true,
      suspensionReason: null,
      expiresAt: new Date(START.getTime() + 7 * DAY_MS),
    });
    expect(google.subscriptions()).toMatchObject([
      {
        targetResource: `//cloudidentity.googleapis.com/users/${sub}`,
        topic: "projects/project/topics/meeting-events",
        eventTypes: MEETING_EVENT_TYPES,
      },
    ]);
  });

  it("is adopted, with a full life again, when it is there already", async () => {
    const first = await ensure();
    clock.advance(5 * DAY_MS);
    const again = await ensure();
    expect([again.name, again.expiresAt]).toEqual([first.name, new Date(START.getTime() + 12 * DAY_MS)]);
    expect(google.subscriptions()).toHaveLength(1);
  });

  it("is made once when the reply to its creation is lost", async () => {
    google.faults.add({ operation: "subscriptions.create", kind: "drop_reply" });
    await expect(ensure()).rejects.toBeInstanceOf(RetryableError);
    expect((await ensure()).active).toBe(true);
    expect(google.subscriptions()).toHaveLength(1);
  });

  it("is woken when the one that is there rests", async () => {
    const { name } = await ensure();
    google.suspend(name, "USER_AUTHORIZATION_FAILURE");
    expect(await ensure()).toMatchObject({ name, active: true });
  });

  it("is replaced when it tells another topic, which cannot be changed", async () => {
    subscriptions = adapter("former-topic");
    const former = await ensure();
    subscriptions = adapter();
    const current = await ensure();
    expect(current.name).not.toBe(former.name);
    expect(google.subscriptions().map(({ topic }) => topic)).toEqual(["projects/project/topics/meeting-events"]);
  });

  it("is looked at, renewed and woken by name", async () => {
    const { name } = await ensure();
    clock.advance(6 * DAY_MS);
    expect((await subscriptions.renew("u1", name))?.expiresAt).toEqual(new Date(START.getTime() + 13 * DAY_MS));
    google.suspend(name, "ENDPOINT_PERMISSION_DENIED");
    expect(await subscriptions.get("u1", name)).toMatchObject({
      active: false,
      suspensionReason: "ENDPOINT_PERMISSION_DENIED",
    });
    expect(await subscriptions.reactivate("u1", name)).toMatchObject({ active: true });
  });

  it("is gone for good once it has expired", async () => {
    const { name } = await ensure();
    clock.advance(8 * DAY_MS);
    expect(await subscriptions.get("u1", name)).toBeNull();
    expect(await subscriptions.renew("u1", name)).toBeNull();
    expect(await subscriptions.reactivate("u1", name)).toBeNull();
    expect((await ensure()).name).not.toBe(name);
  });

  it("can be removed, and removed again", async () => {
    const { name } = await ensure();
    await subscriptions.remove("u1", name);
    await subscriptions.remove("u1", name);
    expect(google.subscriptions()).toEqual([]);
  });

  it("needs a scope that the consultant may have left out", async () => {
    scopes = ["https://www.googleapis.com/auth/calendar.events"];
    await expect(ensure()).rejects.toBeInstanceOf(NeedsReconnectError);
  });

  it("of another account is refused for good", async () => {
    await expect(subscriptions.ensure("u1", "999")).rejects.toMatchObject({ name: "PermanentError" });
  });

  it.each([503, 429])("is asked for again after a %i", async (status) => {
    google.faults.add({ operation: "subscriptions.create", kind: "status", status });
    await expect(ensure()).rejects.toBeInstanceOf(RetryableError);
    expect((await ensure()).active).toBe(true);
  });
});
