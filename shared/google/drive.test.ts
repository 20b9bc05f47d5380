import { createHash, randomBytes } from "node:crypto";
import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDriveRecordings } from "#google/drive.ts";
import { NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { RecordingFiles } from "#ports/recording-files.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { type DriveEmulator, startDriveEmulator } from "../../scripts/emulators/drive/drive-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";

const bytes = randomBytes(3_000_017);
const SCOPE = "https://www.googleapis.com/auth/drive.meet.readonly";

let drive: DriveEmulator;
let files: RecordingFiles;
let fileId: string;
let scopes: Set<string>;

beforeEach(async () => {
  scopes = new Set([SCOPE]);
  drive = await startDriveEmulator({
    clock: scaledClock(1),
    authority: { principalOf: () => ({ kind: "user", sub: "ada", email: "ada@example.com", scopes }) },
  });
  fileId = addFile(bytes);
  const client = new OAuth2Client();
  client.setCredentials({ access_token: "ada" });
  const auth = { clientFor: async () => client };
  files = makeDriveRecordings({ auth, clock: systemClock, idleSeconds: 0.1, endpoint: drive.url });
});
afterEach(() => drive.stop());

function addFile(content: Uint8Array): string {
  const owner = { sub: "ada", email: "ada@example.com" };
  return drive.files.add({
    owner,
    name: "../../Call\u202e\0.mp4",
    mimeType: "video/mp4",
    createdByMeet: true,
    createdAt: new Date("2026-11-20T10:00:00Z"),
    bytes: Buffer.from(content),
    durationMs: 60_000,
  }).id;
}

async function readWhole(start = 0, end = bytes.length): Promise<Buffer> {
  const file = await files.describe("user", fileId);
  const pieces: Uint8Array[] = [];
  for await (const piece of files.content("user", file).read(start, end)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const change = (change: Record<string, unknown>) =>
  fetch(`${drive.url}/emulator/files/${fileId}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(change),
  });

describe("a recording in Drive", () => {
  it("is described by what makes it whole", async () => {
    expect(await files.describe("user", fileId)).toEqual({
      fileId,
      sizeBytes: bytes.length,
      md5: createHash("md5").update(bytes).digest("hex"),
      revisionId: expect.stringMatching(/.+/),
    });
  });

  it.for([
    ["recording_trashed", { trashed: true }],
    ["recording_download_forbidden", { canDownload: false }],
    ["recording_deleted", { deleted: true }],
  ] as const)("that cannot be had says why: %s", async ([code, state]) => {
    await change(state);
    const failure = await files.describe("user", fileId).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PermanentError);
    expect(failure).toMatchObject({ code });
  });

  it("that Google has flagged is refused when it is read", async () => {
    await change({ abusive: true });
    await expect(readWhole()).rejects.toMatchObject({ code: "recording_flagged" });
  });

  it("asks the consultant to connect again when they have not allowed recordings", async () => {
    scopes = new Set(["https://www.googleapis.com/auth/calendar.events"]);
    const refused = files.describe("user", fileId);
    await expect(refused).rejects.toBeInstanceOf(NeedsReconnectError);
    await expect(refused).rejects.toThrow(/does not include reading Meet recordings.*Connect Google again and leave/);
  });
});

describe("reading a recording", () => {
  it("gives the bytes of a range and of the whole", async () => {
    expect((await readWhole(1_000_000, 1_000_100)).equals(bytes.subarray(1_000_000, 1_000_100))).toBe(true);
    expect((await readWhole()).equals(bytes)).toBe(true);
  });

  it("goes on after an answer that breaks off", async () => {
    drive.faults.add({ operation: "files.get", kind: "truncate", fraction: 0.4, skip: 1 });
    expect((await readWhole()).equals(bytes)).toBe(true);
  });

  it("goes on after a server error and a dropped connection", async () => {
    drive.faults.add({ operation: "files.get", kind: "status", status: 503, skip: 1 });
    drive.faults.add({ operation: "files.get", kind: "drop_reply", skip: 1 });
    expect((await readWhole()).equals(bytes)).toBe(true);
  });

  it("goes on after a silence, without losing or repeating a byte", async () => {
    drive.mediaFaults.add({ kind: "stall", delayMs: 60_000 });
    expect((await readWhole()).equals(bytes)).toBe(true);
  });

  it("gives up, to be tried later, when nothing comes any more", async () => {
    drive.mediaFaults.add({ kind: "stall", delayMs: 60_000, times: 1_000 });
    drive.faults.add({ operation: "files.get", kind: "truncate", fraction: 0, skip: 1, times: 1_000 });
    const failure = await readWhole().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryableError);
  });

  it("is told apart from the file when bytes are missing in its middle", async () => {
    drive.mediaFaults.add({ kind: "cut", fraction: 0.01, declares: "sent" });
    const got = await readWhole();
    expect(got.length).toBe(bytes.length);
    expect(got.equals(bytes)).toBe(false);
  });
});
