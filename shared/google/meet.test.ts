import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeMeet } from "#google/meet.ts";
import { NeedsReconnectError, PermanentError } from "#kernel/verdicts.ts";
import type { MeetingArtifacts } from "#ports/meeting-artifacts.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import { type MeetEmulator, startMeetEmulator } from "../../scripts/emulators/meet/start-meet-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";

const owner = { sub: "ada", email: "ada@example.com", name: "Ada" };
const scope = (name: string) => `https://www.googleapis.com/auth/meetings.space.${name}`;
const turns = Array.from({ length: 130 }, (_, index) => ({
  speaker: ["Ada", "Grace", "Alan"][index % 3] ?? "Ada",
  content: `this is what is said in turn ${index}`,
}));

let emulator: MeetEmulator;
let meet: MeetingRooms & MeetingArtifacts;
let scopes: Set<string>;
let space: { name: string; meetingCode: string };

beforeEach(async () => {
  scopes = new Set([scope("readonly"), scope("settings")]);
  emulator = await startMeetEmulator({
    clock: scaledClock(1),
    authority: { principalOf: () => ({ kind: "user", sub: owner.sub, email: owner.email, scopes }) },
    recordings: { add: () => ({ id: "1file", webViewLink: "https://drive.google.com/file/d/1file/view" }) },
    events: { emit: () => undefined },
  });
  const client = new OAuth2Client();
  client.setCredentials({ access_token: "ada" });
  meet = makeMeet({ auth: { clientFor: async () => client }, endpoint: emulator.url });
  space = emulator.createSpace(owner, new Date("2026-11-20T10:00:00Z"));
});
afterEach(() => emulator.stop());

const hold = () => emulator.hold({ meetingCode: space.meetingCode, script: { meeting_transcripts: turns } });

describe("a room", () => {
  it("is found by its meeting code", async () => {
    expect(await meet.spaceOf("user", space.meetingCode)).toBe(space.name);
  });

  it("is asked to record by itself", async () => {
    await meet.requestRecording("user", space.name);
    await hold();
    const [conference] = await meet.conferencesIn("user", space.name);
    expect(await meet.recordings("user", conference?.name ?? "")).toHaveLength(1);
  });

  it("that does not exist is a permanent failure, one without its scope asks to connect again", async () => {
    await expect(meet.spaceOf("user", "abc-defg-hij")).rejects.toBeInstanceOf(PermanentError);
    scopes = new Set([scope("readonly")]);
    await expect(meet.requestRecording("user", space.name)).rejects.toBeInstanceOf(NeedsReconnectError);
  });
});

describe("a held meeting", () => {
  beforeEach(async () => {
    await meet.requestRecording("user", space.name);
    await hold();
  });

  it("has a conference, and a recording with its file", async () => {
    const [conference, ...others] = await meet.conferencesIn("user", space.name);
    expect(others).toEqual([]);
    expect(conference).toMatchObject({ spaceName: space.name, startsAt: new Date("2026-11-20T10:00:00Z") });
    expect(await meet.conference("user", conference?.name ?? "")).toEqual(conference);
    const [recording] = await meet.recordings("user", conference?.name ?? "");
    expect(recording).toMatchObject({
      state: "FILE_GENERATED",
      driveFileId: "1file",
      exportUri: "https://drive.google.com/file/d/1file/view",
      startsAt: conference?.startsAt,
    });
    expect(await meet.recording("user", recording?.name ?? "")).toEqual(recording);
  });

  it("has people with their sessions", async () => {
    const [conference] = await meet.conferencesIn("user", space.name);
    const people = await meet.participants("user", conference?.name ?? "");
    expect(people.map(({ displayName }) => displayName).sort()).toEqual(["Ada", "Alan", "Grace"]);
    expect(people.find(({ displayName }) => displayName === "Ada")).toMatchObject({
      kind: "signed_in",
      googleUserId: "ada",
      sessions: [{ startsAt: expect.any(Date), endsAt: expect.any(Date) }],
    });
    expect(new Set(people.map(({ kind }) => kind))).toEqual(new Set(["signed_in", "anonymous"]));
  });

  it("has all entries of its transcript, page after page, in time order", async () => {
    const [conference] = await meet.conferencesIn("user", space.name);
    const entries = await meet.transcriptEntries("user", conference?.name ?? "");
    expect(entries.length).toBeGreaterThan(100);
    expect(emulator.calls.count("entries.list")).toBeGreaterThan(1);
    const times = entries.map(({ startsAt }) => startsAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const people = await meet.participants("user", conference?.name ?? "");
    expect(people.map(({ name }) => name)).toEqual(expect.arrayContaining([entries[0]?.participantName]));
  });
});
