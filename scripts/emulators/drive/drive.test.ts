import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { OAuth2Client } from "google-auth-library";
import { drive as driveClient } from "googleapis/build/src/apis/drive/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../rest/emulator.ts";
import { manualClock } from "../rest/emulator.ts";
import type { DriveEmulator } from "./drive-emulator.ts";
import { startDriveEmulator } from "./drive-emulator.ts";

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const user = (sub: string, ...scopes: string[]): Principal => ({
  kind: "user",
  sub,
  email: `${sub}@example.com`,
  scopes: new Set(scopes.map(scope)),
});
const principals: Record<string, Principal> = {
  consultant: user("ada", "drive.meet.readonly"),
  everything: user("ada", "drive.readonly"),
  metadata: user("ada", "drive.metadata.readonly"),
  appOnly: user("ada", "drive.file"),
  noDrive: user("ada", "calendar.events"),
  other: user("bob", "drive.readonly"),
};

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

describe("the Drive emulator", () => {
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
  let drive: DriveEmulator;
  let fileId: string;

  beforeEach(async () => {
    drive = await startDriveEmulator({ authority: { principalOf: (token) => principals[token] ?? null }, clock });
    const owner = { sub: "ada", email: "ada@example.com" };
    const recording = { owner, name: "Call", mimeType: "video/mp4", createdByMeet: true, createdAt: clock.now() };
    fileId = drive.files.add({ ...recording, bytes, durationMs: 60_000 }).id;
  });
  afterEach(() => drive.stop());

  const files = (token: string) => {
    const auth = new OAuth2Client();
    auth.setCredentials({ access_token: token });
    return driveClient({ version: "v3", auth, rootUrl: `${drive.url}/`, retry: false }).files;
  };
  const content = async (token: string, headers: Record<string, string> = {}) => {
    const response = await files(token).get({ fileId, alt: "media" }, { responseType: "stream", headers });
    return { response, body: await buffer(response.data as unknown as Readable) };
  };
  const reason = async (call: Promise<unknown>) => {
    const error = (await call.then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    )) as { status: number; response: { data: { error: { errors: { reason: string }[] } } } };
    return `${error.status} ${error.response.data.error.errors[0]!.reason}`;
  };

  it("answers four fields unless more are asked for", async () => {
    const short = await files("consultant").get({ fileId });
    expect(Object.keys(short.data).sort()).toEqual(["id", "kind", "mimeType", "name"]);
    const fields = "size,md5Checksum,headRevisionId,trashed,capabilities/canDownload,videoMediaMetadata/durationMillis";
    const full = await files("consultant").get({ fileId, fields });
    expect(full.data).toEqual({
      size: "300000",
      md5Checksum: createHash("md5").update(bytes).digest("hex"),
      headRevisionId: expect.any(String),
      trashed: false,
      capabilities: { canDownload: true },
      videoMediaMetadata: { durationMillis: "60000" },
    });
  });

  it("serves the whole content and ranges of it", async () => {
    const whole = await content("consultant");
    expect(whole.response.status).toBe(200);
    expect(whole.body.equals(bytes)).toBe(true);
    const part = await content("everything", { range: "bytes=100-199" });
    expect(part.response.status).toBe(206);
    expect((part.response.headers as unknown as Headers).get("content-range")).toBe("bytes 100-199/300000");
    expect(part.body.equals(bytes.subarray(100, 200))).toBe(true);
    const tail = await content("consultant", { range: "bytes=-16" });
    expect(tail.body.equals(bytes.subarray(-16))).toBe(true);
    await expect(content("consultant", { range: "bytes=300000-" })).rejects.toMatchObject({ status: 416 });
  });

  it("hides files of others and files outside the scope", async () => {
    expect(await reason(files("other").get({ fileId }))).toBe("404 notFound");
    expect(await reason(files("appOnly").get({ fileId }))).toBe("404 notFound");
    expect(await reason(files("noDrive").get({ fileId }))).toBe("403 insufficientPermissions");
    const upload = { owner: { sub: "ada", email: "a@b" }, name: "x", mimeType: "text/plain", createdAt: clock.now() };
    const { id } = drive.files.add({ ...upload, bytes, createdByMeet: false });
    expect(await reason(files("consultant").get({ fileId: id }))).toBe("404 notFound");
  });

  it("refuses content where metadata is all that is granted, and downloads through drive.meet.readonly", async () => {
    expect((await files("metadata").get({ fileId })).status).toBe(200);
    await expect(content("metadata")).rejects.toMatchObject({ status: 403 });
    expect(await reason(files("consultant").download({ fileId }))).toBe("403 insufficientPermissions");
    drive.files.change(fileId, { canDownload: false });
    await expect(content("consultant")).rejects.toMatchObject({ status: 403 });
  });

  it("leaves bytes out of the middle of a clean answer", async () => {
    drive.mediaFaults.add({ kind: "cut", fraction: 0.1, declares: "sent" });
    const { body } = await content("consultant");
    expect(body.length).toBe(270_000);
    expect(body.subarray(-1000).equals(bytes.subarray(-1000))).toBe(true);
    expect((await content("consultant")).body.length).toBe(300_000);
  });

  it("breaks the connection before the declared length", async () => {
    drive.mediaFaults.add({ kind: "cut", fraction: 0.1, declares: "whole" });
    await expect(content("consultant")).rejects.toThrow();
  });

  it("stops in the middle until the delay is over", async () => {
    drive.mediaFaults.add({ kind: "stall", delayMs: 60_000 });
    const response = await files("consultant").get({ fileId, alt: "media" }, { responseType: "stream" });
    let received = 0;
    for await (const chunk of response.data as unknown as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received === 150_000) clock.advance(60_000);
    }
    expect(received).toBe(300_000);
  });

  it("replaces the revision while it is read", async () => {
    const revision = async () => (await files("consultant").get({ fileId, fields: "headRevisionId,size" })).data;
    const before = await revision();
    drive.mediaFaults.add({ kind: "revise" });
    expect((await content("consultant")).body.length).toBe(300_000);
    const after = await revision();
    expect(after.headRevisionId).not.toBe(before.headRevisionId);
    expect(after.size).toBe("300016");
  });
});
