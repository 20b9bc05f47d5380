import { createHash } from "node:crypto";
import { OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "#contracts/delivery.ts";
import { makeDriveRecordings } from "#google/drive.ts";
import { makeTranscriber } from "#google/speech.ts";
import { makeObjectStore } from "#google/storage.ts";
import { NeedsReconnectError } from "#kernel/verdicts.ts";
import { audioExtractor } from "#media/extract-audio.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { makeCaptureStore } from "#supabase/capture-store.ts";
import { makeEffectLog } from "#supabase/effect-log.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { type HeldMeeting, insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { makeRecordingFile } from "#testing/recording-file.ts";
import { type DriveEmulator, startDriveEmulator } from "../../scripts/emulators/drive/drive-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { type SpeechEmulator, startSpeech } from "../../scripts/emulators/speech/start-speech.ts";
import { type StorageEmulator, startStorage } from "../../scripts/emulators/storage/start-storage.ts";
import type { CaptureDeps } from "./capture-recording.ts";
import { makeHandler } from "./handler.ts";

const BUCKET = "p-recordings";
const SCOPES = new Set(["https://www.googleapis.com/auth/drive.meet.readonly"]);
const words = Array.from({ length: 100 }, (_, i) => ({ word: `word${i}`, startsMs: i * 300, endsMs: i * 300 + 250 }));

let database: TestDatabase;
let identity: TestIdentity;
let drive: DriveEmulator;
let storage: StorageEmulator;
let speech: SpeechEmulator;
let deps: CaptureDeps;
let meeting: HeldMeeting;
let recordingFile: Uint8Array;
let fileId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  recordingFile = await makeRecordingFile({ words, durationMs: 60_000 });
  identity = await useServiceAccount("capture-artifacts", "p");
  identity.assume();
  const clock = scaledClock(0.01);
  drive = await startDriveEmulator({
    clock,
    authority: { principalOf: () => ({ kind: "user", sub: "ada", email: "ada@example.com", scopes: SCOPES }) },
  });
  storage = await startStorage({ authority: identity.oauth, clock, buckets: [{ name: BUCKET }] });
  const accessToken = () => identity.oauth.accessToken("service-1@gcp-sa-speech.iam.gserviceaccount.com").token;
  speech = await startSpeech({ authority: identity.oauth, clock, storageUrl: storage.url, accessToken });
  const { service } = await database.api();
  const client = new OAuth2Client();
  client.setCredentials({ access_token: "ada" });
  const auth = { clientFor: async () => client };
  deps = {
    store: makeCaptureStore(service),
    effects: makeEffectLog(service),
    files: makeDriveRecordings({ auth, clock: systemClock, idleSeconds: 1, endpoint: drive.url }),
    objects: makeObjectStore({ projectId: "p", bucket: BUCKET, endpoint: storage.url }),
    transcriber: makeTranscriber({ projectId: "p", location: "us-central1", endpoint: speech.url }),
    extractor: audioExtractor,
    meetings: {
      recording: async (_userId, name) => ({
        name,
        state: "FILE_GENERATED",
        driveFileId: fileId,
        exportUri: `https://drive.google.com/file/d/${fileId}/view`,
        startsAt: new Date("2026-11-20T10:00:00Z"),
        endsAt: new Date("2026-11-20T10:01:00Z"),
      }),
      conference: async (_userId, name) => ({
        name,
        spaceName: meeting.spaceName,
        startsAt: new Date("2026-11-20T10:00:00Z"),
        endsAt: new Date("2026-11-20T10:01:00Z"),
      }),
    },
    clock: systemClock,
    leaseSeconds: 60,
    keepDays: 30,
    residency: "us",
  };
});
afterAll(async () => {
  await Promise.all([drive.stop(), storage.stop(), speech.stop(), database.close()]);
  await identity.stop();
});
beforeEach(async () => {
  identity.assume();
  for (const emulator of [drive, storage, speech]) emulator.reset();
  meeting = await insertHeldMeeting(database.sql);
  await database.sql(`insert into private.workspace_subscriptions (user_id, name, google_sub) values ($1, $2, 'x')`, [
    meeting.userId,
    `subscriptions/${meeting.userId}`,
  ]);
  fileId = addFile(recordingFile);
});

function addFile(bytes: Uint8Array): string {
  const owner = { sub: "ada", email: "ada@example.com" };
  const facts = { owner, name: "Call", mimeType: "video/mp4", createdByMeet: true, durationMs: 60_000 };
  return drive.files.add({ ...facts, createdAt: new Date(), bytes: Buffer.from(bytes) }).id;
}

const deliveryOf = (overrides: Partial<Delivery> = {}): Delivery => ({
  messageId: crypto.randomUUID(),
  subscription: "projects/p/subscriptions/capture-artifacts",
  attributes: {
    "ce-type": "google.workspace.meet.recording.v2.fileGenerated",
    "ce-source": `//workspaceevents.googleapis.com/subscriptions/${meeting.userId}`,
  },
  data: { recording: { name: meeting.recordingName } },
  publishedAt: null,
  attempt: 1,
  about: () => undefined,
  ...overrides,
});

const handle = (delivery: Delivery = deliveryOf(), changed: Partial<CaptureDeps> = {}) =>
  makeHandler({ ...deps, ...changed })(delivery);
const row = async (text: string) => (await database.sql<Record<string, unknown>>(text, []))[0] ?? {};
const recordingRow = () => row(`select * from public.recordings where recording_name = '${meeting.recordingName}'`);
const bookingRow = () => row(`select * from public.bookings where id = '${meeting.bookingId}'`);
const leaseRunsOut = () => database.sql("update private.capture_work set expires_at = now() - interval '1 second'");
const audioObjects = () => [...storage.state.bucket(BUCKET).objects.keys()].filter((name) => name.startsWith("audio/"));

/** The state of an unbroken run. */
async function expectCaptured(): Promise<void> {
  expect(await bookingRow()).toMatchObject({
    pipeline_status: "captured",
    meeting_recording_url: `https://drive.google.com/file/d/${fileId}/view`,
  });
  const recording = await recordingRow();
  expect(recording).toMatchObject({
    state: "transcribing",
    source_md5: createHash("md5").update(recordingFile).digest("hex"),
    duration_ms: "60032",
    object_name: `audio/${recording["id"]}.mp4`,
  });
  expect(audioObjects()).toEqual([recording["object_name"]]);
  expect(speech.jobs.size).toBe(1);
  const [job] = speech.jobs.values();
  await job?.finished;
  const [result] = await deps.objects.list(`transcription/${recording["id"]}/0/`);
  const transcript = Buffer.from(await deps.objects.read(result?.name ?? "", 1_000_000)).toString();
  expect(transcript.match(/word\d+/g)?.length).toBeGreaterThanOrEqual(words.length);
}

describe("a finished recording", () => {
  it("becomes audio in the bucket and one running transcription", async () => {
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it("is captured once when its event comes many times at once and again later", async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => handle()));
    outcomes.push(await handle());
    expect(outcomes.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "ignored")).toHaveLength(12);
    await expectCaptured();
  });

  it("is captured when keep-watch found it instead of an event", async () => {
    const data = { recordingName: meeting.recordingName, userId: meeting.userId };
    expect(await handle(deliveryOf({ attributes: { kind: "recording.found" }, data }))).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it("is tried again while Meet has not written its file", async () => {
    const recording = async (userId: string, name: string) => ({
      ...(await deps.meetings.recording(userId, name)),
      state: "ENDED" as const,
    });
    const early = handle(deliveryOf(), { meetings: { ...deps.meetings, recording } });
    await expect(early).rejects.toMatchObject({ code: "recording_not_ready" });
    expect(await handle()).toMatchObject({ kind: "done" });
  });
});

describe("a copy that loses bytes on its way", () => {
  it.for([0.01, 0.3])("is noticed and read again: %d cut out", async (fraction) => {
    drive.mediaFaults.add({ kind: "cut", fraction, declares: "sent" });
    await expect(handle()).rejects.toMatchObject({ code: "recording_transfer_damaged" });
    expect(audioObjects()).toEqual([]);
    expect(speech.jobs.size).toBe(0);
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it.for(["whole", "index"])("is noticed when bytes change: in the %s", async (where) => {
    const skip = where === "index" ? 1 : 3;
    drive.faults.add({ operation: "files.get", kind: "corrupt", fraction: 0.001, skip });
    await expect(handle()).rejects.toMatchObject({ code: "recording_transfer_damaged" });
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it("is noticed when the connection breaks behind a hole", async () => {
    drive.mediaFaults.add({ kind: "cut", fraction: 0.5, declares: "whole", skip: 1 });
    // What follows the break is of another place in the file: noticed, since a hole cannot be seen.
    await expect(handle()).rejects.toMatchObject({ code: "recording_transfer_damaged" });
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it("is continued when an answer ends early", async () => {
    drive.faults.add({ operation: "files.get", kind: "truncate", skip: 3 });
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
  });

  it("begins anew when the recording is replaced in Drive meanwhile", async () => {
    drive.mediaFaults.add({ kind: "revise", skip: 2 });
    await handle().catch((error: unknown) => expect(error).toMatchObject({ name: "RetryableError" }));
    fileId = addFile(recordingFile);
    await database.sql("update public.recordings set drive_file_id = $1 where recording_name = $2", [
      fileId,
      meeting.recordingName,
    ]);
    await handle();
    expect(speech.jobs.size).toBe(1);
  });
});

/** Calls of the ports, each a place where the process may be killed before or after. */
const SPOTS = [
  "store.begin",
  "store.match",
  "files.describe",
  "objects.beginUpload",
  "store.noteUpload",
  "store.seal",
  "objects.upload",
  "store.finishCopy",
  "store.renew",
  "store.planTranscription",
  "store.claimStart",
  "transcriber.start",
  "store.noteStarted",
] as const;

describe("a process that is killed", () => {
  const moments = SPOTS.flatMap((spot) => [
    { spot, when: "before" as const },
    { spot, when: "after" as const },
  ]);
  it.for(moments)("$when $spot leaves the next delivery the rest of the work", async ({ spot, when }) => {
    const delivery = deliveryOf();
    const dying = dyingAt(spot, when);
    await Promise.race([makeHandler(dying.deps)(delivery), dying.died]);
    // The same message again while the dead one's lease holds, then once it has run out.
    if (spot !== "store.begin" || when === "after") {
      await handle(delivery).catch((error: unknown) => expect(error).toMatchObject({ code: "lease_held" }));
    }
    await leaseRunsOut();
    await handle(delivery);
    await expectCaptured();
  });

  it.for(["objects.stat", "store.seal"])(
    "may change nothing when it wakes up at %s after another has taken over",
    async (spot) => {
      const { deps: sleeping, asleep, wake } = sleepingAt(spot);
      const late = makeHandler(sleeping)(deliveryOf());
      await asleep;
      await leaseRunsOut();
      expect(await handle()).toMatchObject({ kind: "done" });
      wake();
      expect(await late).toMatchObject({ kind: "ignored" });
      await expectCaptured();
    },
  );
});

describe("a start of the transcription whose reply is lost", () => {
  it("is found again and not paid twice", async () => {
    speech.faults.add({ operation: "recognizers.batchRecognize", kind: "drop_reply" });
    const delivery = deliveryOf();
    await expect(handle(delivery)).rejects.toMatchObject({ name: "RetryableError" });
    expect(await handle(delivery)).toMatchObject({ kind: "done" });
    await expectCaptured();
    expect(speech.calls.count("recognizers.batchRecognize")).toBe(1);
  });

  it("is made once more, and the ledger says so, when no job was started", async () => {
    speech.faults.add({ operation: "recognizers.batchRecognize", kind: "status", status: 503 });
    await expect(handle()).rejects.toMatchObject({ name: "RetryableError" });
    expect(speech.calls.count("recognizers.batchRecognize")).toBe(1);
    expect(await handle()).toMatchObject({ kind: "done" });
    await expectCaptured();
    const outcomes = await database.sql<{ outcome: string }>(
      "select outcome from private.effects where effect = 'speech.start' and booking_id = $1 order by id",
      [meeting.bookingId],
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([expect.stringContaining("unknown"), "started"]);
  });
});

describe("a recording that cannot be captured says why", () => {
  it("when it has no audio", async () => {
    fileId = addFile(await makeRecordingFile({ durationMs: 10_000, tracks: "video" }));
    expect(await handle()).toMatchObject({ kind: "parked", code: "recording_without_audio" });
    expect(await recordingRow()).toMatchObject({ state: "failed" });
    expect(await bookingRow()).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("no audio track"),
    });
  });

  it("when it was deleted in Drive", async () => {
    fileId = "1missing";
    expect(await handle()).toMatchObject({ kind: "parked", code: "recording_deleted" });
    expect(await bookingRow()).toMatchObject({ pipeline_status: "failed" });
  });

  it("when the consultant must connect Google again, and goes on afterwards", async () => {
    await database.sql("update public.google_connections set state = 'needs_reconnect'");
    const describe = async () => {
      throw new NeedsReconnectError("Connect Google again.", { code: "google_signed_out", userId: meeting.userId });
    };
    const outcome = await handle(deliveryOf(), { files: { ...deps.files, describe } });
    expect(outcome).toMatchObject({ kind: "parked" });
    expect(await bookingRow()).toMatchObject({ pipeline_status: "needs_reconnect" });
    await handle();
    await expectCaptured();
  });

  it("and asks for no paid job when the booking was cancelled while the audio was copied", async () => {
    const seal: CaptureDeps["store"]["seal"] = async (lease, sealed) => {
      await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
      return await deps.store.seal(lease, sealed);
    };
    expect(await handle(deliveryOf(), { store: { ...deps.store, seal } })).toMatchObject({ kind: "ignored" });
    expect(speech.jobs.size).toBe(0);
    expect(await recordingRow()).toMatchObject({ state: "ignored" });
    expect((await bookingRow())["meeting_recording_url"]).toBeNull();
  });

  it("and leaves a cancelled booking's recording alone", async () => {
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    expect(await handle()).toMatchObject({ kind: "ignored" });
    expect(await recordingRow()).toMatchObject({ state: "ignored" });
    expect(audioObjects()).toEqual([]);
  });
});

describe("other messages", () => {
  const attributes = (type: string) => ({
    "ce-type": type,
    "ce-source": `//workspaceevents.googleapis.com/subscriptions/${meeting.userId}`,
  });

  it.for([
    "google.workspace.meet.transcript.v2.fileGenerated",
    "google.workspace.meet.conference.v2.ended",
    "something.new",
    "",
  ])("are acknowledged and change nothing: %s", async (type) => {
    expect(await handle(deliveryOf({ attributes: attributes(type), data: { any: "thing" } }))).toMatchObject({
      kind: "ignored",
    });
    expect(await recordingRow()).toEqual({});
  });

  it.for(["suspended", "expirationReminder", "expired"])("of a subscription wake keep-watch: %s", async (what) => {
    const type = `google.workspace.events.subscription.v1.${what}`;
    await database.sql("update private.workspace_subscriptions set check_at = now() + interval '1 day'");
    expect(await handle(deliveryOf({ attributes: attributes(type) }))).toMatchObject({ kind: "done" });
    const due = await row("select count(*)::int as n from private.workspace_subscriptions where check_at <= now()");
    expect(due).toEqual({ n: 1 });
  });

  it.for([
    null,
    {},
    { recording: { name: "conferenceRecords/../../secrets" } },
    { recording: { name: 7 } },
    "recording",
  ])("that name no recording are refused for good: %o", async (data) => {
    await expect(handle(deliveryOf({ data }))).rejects.toMatchObject({ code: "bad_meeting_event" });
  });

  it("of a subscription nobody has are ignored", async () => {
    const delivery = deliveryOf();
    const stranger = { ...delivery, attributes: { ...delivery.attributes, "ce-source": "//x/subscriptions/none" } };
    expect(await handle(stranger)).toMatchObject({ kind: "ignored" });
    expect(drive.calls.count("files.get")).toBe(0);
  });
});

type Port = Record<string, (...args: readonly unknown[]) => Promise<unknown>>;

/** The dependencies with one call replaced. */
function replacing(spot: string, wrap: (call: () => Promise<unknown>) => Promise<unknown>): CaptureDeps {
  const [port = "", method = ""] = spot.split(".");
  const real = deps[port as keyof CaptureDeps] as unknown as Port;
  const replaced = { ...real, [method]: (...args: readonly unknown[]) => wrap(() => real[method]!(...args)) };
  return { ...deps, [port]: replaced };
}

/** A process that is gone at a call: nothing after it happens, and nobody hears of it. */
function dyingAt(spot: string, when: "before" | "after"): { deps: CaptureDeps; died: Promise<void> } {
  const forever = new Promise<never>(() => undefined);
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const wrapped = replacing(spot, async (call) => {
    if (when === "after") await call();
    die();
    return await forever;
  });
  return { deps: wrapped, died };
}

function sleepingAt(spot: string): { deps: CaptureDeps; asleep: Promise<void>; wake: () => void } {
  let wake: () => void = () => undefined;
  let fallAsleep: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const asleep = new Promise<void>((resolve) => {
    fallAsleep = resolve;
  });
  const wrapped = replacing(spot, async (call) => {
    fallAsleep();
    await woken;
    return await call();
  });
  return { deps: wrapped, asleep, wake };
}
