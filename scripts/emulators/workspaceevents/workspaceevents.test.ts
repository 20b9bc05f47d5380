import { OAuth2Client } from "google-auth-library";
import { workspaceevents as workspaceEventsClient } from "googleapis/build/src/apis/workspaceevents/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../rest/emulator.ts";
import { manualClock } from "../rest/emulator.ts";
import { type MeetingEvent, type MeetingEventType, meetingEventTypes } from "./meeting-event.ts";
import { startWorkspaceEventsEmulator, type WorkspaceEventsEmulator } from "./start-workspace-events-emulator.ts";

const DAY_MS = 86_400_000;
const START = new Date("2026-11-20T10:00:00Z");
const user = (sub: string, scope: string): Principal => ({
  ...{ kind: "user", sub, email: `${sub}@example.com` },
  scopes: new Set([`https://www.googleapis.com/auth/${scope}`]),
});
const principals: Record<string, Principal> = {
  ada: user("101", "meetings.space.readonly"),
  bob: user("102", "meetings.space.readonly"),
  settings: user("101", "meetings.space.settings"),
  machine: { kind: "service_account", email: "keep-watch@project.iam.gserviceaccount.com" },
};
const fileGenerated = "google.workspace.meet.recording.v2.fileGenerated";
const targetOf = (sub: string) => `//cloudidentity.googleapis.com/users/${sub}`;
const wanted = (over: object = {}) => ({
  targetResource: targetOf("101"),
  eventTypes: [fileGenerated],
  notificationEndpoint: { pubsubTopic: "projects/project/topics/meeting-events" },
  ...over,
});

interface Message {
  readonly topic: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: unknown;
}

describe("the Workspace Events emulator", () => {
  let google: WorkspaceEventsEmulator;
  let clock: ReturnType<typeof manualClock>;
  let messages: Message[];

  beforeEach(async () => {
    clock = manualClock(START);
    messages = [];
    google = await startWorkspaceEventsEmulator({
      ...{ authority: { principalOf: (token) => principals[token] ?? null }, clock, projectId: "project" },
      publish: (topic, { data, attributes }) => {
        if (topic.endsWith("/gone")) throw new Error("no such topic");
        messages.push({ topic, attributes, data: JSON.parse(data.toString()) });
      },
    });
  });
  afterEach(() => google.stop());

  const api = (token = "ada") => {
    const auth = new OAuth2Client();
    auth.setCredentials({ access_token: token });
    return workspaceEventsClient({ version: "v1", auth, rootUrl: `${google.url}/`, retry: false }).subscriptions;
  };
  const create = async (over: object = {}, token = "ada") => {
    await api(token).create({ requestBody: wanted(over) });
    return google.subscriptions().at(-1)!;
  };
  const only = () => google.subscriptions()[0]!;
  const refused = (call: Promise<unknown>, status: number) => expect(call).rejects.toMatchObject({ status });
  const told = () => messages.map(({ attributes }) => attributes["ce-type"]?.split(".").at(-1));

  it("answers a creation with a completed operation that has the subscription", async () => {
    const { data } = await api().create({ requestBody: wanted({ ttl: "0s" }) });
    expect(data.done).toBe(true);
    expect(data.response).toMatchObject({
      ...{ name: only().name, targetResource: targetOf("101"), state: "ACTIVE", eventTypes: [fileGenerated] },
      expireTime: new Date(START.getTime() + 7 * DAY_MS).toISOString(),
    });
  });

  it.each([
    ["an unknown event type", { eventTypes: ["google.workspace.meet.recording.v2.eaten"] }, 400],
    ["no event type", { eventTypes: [] }, 400],
    ["somebody else's meetings", { targetResource: targetOf("102") }, 403],
    ["another project's topic", { notificationEndpoint: { pubsubTopic: "projects/other/topics/t" } }, 400],
    ["a ttl beyond seven days", { ttl: "604801s" }, 400],
    ["resource data", { payloadOptions: { includeResource: true } }, 400],
  ])("refuses %s", async (_what, over, status) => {
    await refused(create(over), status);
    expect(google.subscriptions()).toEqual([]);
  });

  it("refuses service accounts, other scopes and a second subscription to the same target", async () => {
    await refused(create({}, "machine"), 403);
    await refused(create({}, "settings"), 403);
    await create();
    await refused(create(), 409);
    expect(google.subscriptions()).toHaveLength(1);
  });

  it("lists with a filter that names an event type, the caller's own only", async () => {
    const { name } = await create();
    await create({ targetResource: targetOf("102") }, "bob");
    await refused(api().list({}), 400);
    const filter = `event_types:"${fileGenerated}" AND target_resource="${targetOf("101")}"`;
    expect((await api().list({ filter })).data.subscriptions?.map((one) => one.name)).toEqual([name]);
    expect((await api("bob").list({ filter })).data.subscriptions ?? []).toEqual([]);
    await refused(api("bob").get({ name }), 404);
  });

  it("lives longer only by a new ttl, not by other event types or by being woken", async () => {
    const { name, expiresAt } = await create();
    clock.advance(2 * DAY_MS);
    google.suspend(name, "OTHER");
    await api().reactivate({ name, requestBody: {} });
    const types = ["google.workspace.meet.recording.v2.started"];
    await api().patch({ name, updateMask: "event_types", requestBody: { eventTypes: types } });
    expect(only()).toMatchObject({ expiresAt, eventTypes: types, state: "ACTIVE", updatedAt: clock.now() });
    await api().patch({ name, updateMask: "ttl", requestBody: { ttl: "0s" } });
    expect(only()).toMatchObject({ expiresAt: new Date(START.getTime() + 9 * DAY_MS), eventTypes: types });
    clock.advance(6 * DAY_MS);
    expect(google.subscriptions()).toHaveLength(1);
    clock.advance(DAY_MS);
    expect(google.subscriptions()).toEqual([]);
  });

  it("changes nothing with validateOnly, and still refuses", async () => {
    const trial = { validateOnly: true };
    const preview = await api().create({ ...trial, requestBody: wanted() });
    expect(preview.data.response).toMatchObject({ targetResource: targetOf("101") });
    expect(google.subscriptions()).toEqual([]);
    const before = await create();
    const { name } = before;
    await refused(api().create({ ...trial, requestBody: wanted() }), 409);
    await api().patch({ ...trial, name, updateMask: "ttl", requestBody: { ttl: "60s" } });
    await api().delete({ ...trial, name });
    await refused(api().delete({ ...trial, name: "subscriptions/none" }), 404);
    expect(google.subscriptions()).toEqual([before]);
  });

  it("deletes under the current etag only, and a missing one when that is allowed", async () => {
    const { name, etag: former } = await create();
    await api().patch({ name, updateMask: "ttl", requestBody: { ttl: "0s" } });
    const deletion = api().delete({ name, etag: former });
    await expect(deletion).rejects.toMatchObject({ response: { data: { error: { status: "ABORTED" } } } });
    await api().delete({ name, etag: only().etag });
    await refused(api().delete({ name }), 404);
    expect((await api().delete({ name, allowMissing: true })).data.done).toBe(true);
  });

  it("changes the etag whenever the subscription changes", async () => {
    const { name, etag } = await create();
    google.suspend(name, "USER_SCOPE_REVOKED");
    const suspended = only();
    expect(suspended).toMatchObject({ state: "SUSPENDED", suspensionReason: "USER_SCOPE_REVOKED" });
    await api().reactivate({ name, requestBody: {} });
    expect(new Set([etag, suspended.etag, only().etag]).size).toBe(3);
    await refused(api().reactivate({ name, requestBody: {} }), 400);
  });

  it("reminds twice, tells of the end, and is gone for good", async () => {
    const { name } = await create();
    clock.advance(7 * DAY_MS - 1);
    expect(told()).toEqual(["expirationReminder", "expirationReminder"]);
    clock.advance(1);
    expect(told().at(-1)).toBe("expired");
    await refused(api().reactivate({ name, requestBody: {} }), 404);
  });

  it("sends the owner's events as names with CloudEvent attributes, and none while suspended", async () => {
    const { name } = await create();
    const payload = { recording: { name: "conferenceRecords/c/recordings/r" } };
    const event: MeetingEvent = { type: fileGenerated, space: "spaces/s", ownerSub: "101", payload };
    google.emit(event);
    google.emit({ ...event, ownerSub: "999" });
    expect(messages).toMatchObject([
      {
        topic: "projects/project/topics/meeting-events",
        data: payload,
        attributes: {
          "ce-source": `//workspaceevents.googleapis.com/${name}`,
          "ce-type": fileGenerated,
          "ce-subject": "//meet.googleapis.com/spaces/s",
          "ce-datacontenttype": "application/json",
        },
      },
    ]);
    google.suspend(name, "OTHER");
    google.emit(event);
    expect(told()).toEqual(["fileGenerated", "suspended"]);
  });

  it("is suspended by a topic that is gone, and goes on for everybody else", async () => {
    const gone = { notificationEndpoint: { pubsubTopic: "projects/project/topics/gone" } };
    await create({ ...gone, targetResource: "//meet.googleapis.com/spaces/s" });
    await create();
    google.emit({ type: fileGenerated, space: "spaces/s", ownerSub: "101", payload: {} });
    expect(google.subscriptions()).toMatchObject([
      { state: "SUSPENDED", suspensionReason: "ENDPOINT_NOT_FOUND" },
      { state: "ACTIVE" },
    ]);
    expect(told()).toEqual(["fileGenerated"]);
    clock.advance(7 * DAY_MS);
    expect(google.subscriptions()).toEqual([]);
  });

  it("tells people who attend of the start and of the transcript, of nothing else", async () => {
    await create({ targetResource: targetOf("102"), eventTypes: [...meetingEventTypes] }, "bob");
    for (const type of meetingEventTypes satisfies readonly MeetingEventType[]) {
      google.emit({ type, space: "spaces/s", ownerSub: "101", participantSubs: ["101", "102"], payload: {} });
    }
    expect(messages.map(({ attributes }) => attributes["ce-type"])).toEqual([
      "google.workspace.meet.conference.v2.started",
      "google.workspace.meet.transcript.v2.fileGenerated",
    ]);
  });
});
