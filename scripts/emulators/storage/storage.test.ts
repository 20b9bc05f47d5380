import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Bucket, type File, Storage } from "@google-cloud/storage";
import { crc32c } from "@node-rs/crc32";
import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock, type Principal } from "../rest/emulator.ts";
import { type StorageEmulator, startStorage } from "./start-storage.ts";

const MIB = 1024 * 1024;
const TOPIC = "projects/p/topics/storage-events";
const robot: Principal = { kind: "service_account", email: "robot@p.iam.gserviceaccount.com" };
const person: Principal = { kind: "user", sub: "1", email: "ann@example.com", scopes: new Set() };

const crcOf = (bytes: Buffer): string => {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(bytes));
  return crc.toString("base64");
};
const failureOf = (promise: Promise<unknown>): Promise<{ code: number; message: string }> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

describe("the Cloud Storage emulator", () => {
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
  let published: { topic: string; attributes: Record<string, string>; object: Record<string, string> }[];
  let failPublishes: number;
  let emulator: StorageEmulator;
  let bucket: Bucket;
  let storage: Storage;

  beforeEach(async () => {
    published = [];
    failPublishes = 0;
    emulator = await startStorage({
      authority: { principalOf: (token) => ({ robot, person })[token] ?? null },
      clock,
      buckets: [{ name: "p-recordings", notifies: [{ topicFullName: TOPIC, eventTypes: ["OBJECT_FINALIZE"] }] }],
      publish(topic, { data, attributes }) {
        if (failPublishes-- > 0) throw new Error("Pub/Sub is down");
        published.push({ topic, attributes, object: JSON.parse(data.toString()) });
      },
    });
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: "robot", expiry_date: Date.now() + 3_600_000 });
    storage = new Storage({
      apiEndpoint: emulator.url,
      useAuthWithCustomEndpoint: true,
      projectId: "p",
      authClient,
      retryOptions: { autoRetry: false },
    });
    bucket = storage.bucket("p-recordings");
  });
  afterEach(() => emulator.stop());

  const send = (path: string, init: RequestInit & { as?: string } = {}): Promise<Response> =>
    fetch(new URL(path, emulator.url), {
      ...init,
      headers: { authorization: `Bearer ${init.as ?? "robot"}`, ...(init.headers as Record<string, string>) },
    });
  const startSession = async (name: string, query = ""): Promise<string> => {
    const path = `/upload/storage/v1/b/p-recordings/o?uploadType=resumable&name=${name}${query}`;
    return (await send(path, { method: "POST" })).headers.get("location")!;
  };
  const putRange = (session: string, range: string, body: Buffer = Buffer.alloc(0)): Promise<Response> =>
    fetch(session, { method: "PUT", headers: { "content-range": range }, body: new Uint8Array(body) });

  it("keeps bytes, checksums and metadata through the official client, in each form of upload", async () => {
    const bytes = randomBytes(3 * MIB + 17);
    for (const options of [{ resumable: false }, { resumable: true }, { resumable: true, chunkSize: MIB }]) {
      const file = bucket.file(`audio/a b/${JSON.stringify(options)}.m4a`);
      const metadata = { contentType: "audio/mp4", metadata: { booking: "b1" } };
      // The client starts a session of its own without a token when the endpoint is not Google's.
      const uri = options.resumable ? { uri: (await file.createResumableUpload({ metadata }))[0] } : {};
      await file.save(bytes, { ...options, ...uri, metadata });
      expect((await file.download())[0].equals(bytes)).toBe(true);
      expect((await file.getMetadata())[0]).toMatchObject({
        size: String(bytes.length),
        crc32c: crcOf(bytes),
        md5Hash: createHash("md5").update(bytes).digest("base64"),
        contentType: "audio/mp4",
        metadata: { booking: "b1" },
        metageneration: "1",
      });
    }
    expect((await bucket.getFiles({ prefix: "audio/" }))[0]).toHaveLength(3);
  });

  it("streams an upload of unknown length and an empty object", async () => {
    const bytes = randomBytes(700_001);
    for (const content of [bytes, Buffer.alloc(0)]) {
      const file = bucket.file(`of-${content.length}`);
      const [uri] = await file.createResumableUpload();
      await pipeline(Readable.from([content.subarray(0, 5), content.subarray(5)]), file.createWriteStream({ uri }));
      expect((await file.download())[0].equals(content)).toBe(true);
    }
  });

  it("answers ranges, and 416 beyond the end", async () => {
    await bucket.file("r").save(Buffer.from("0123456789"), { resumable: false });
    expect(String((await bucket.file("r").download({ start: 2, end: 4 }))[0])).toBe("234");
    const suffix = await send("/storage/v1/b/p-recordings/o/r?alt=media", { headers: { range: "bytes=-3" } });
    expect([suffix.status, suffix.headers.get("content-range"), await suffix.text()]).toEqual([
      206,
      "bytes 7-9/10",
      "789",
    ]);
    const beyond = await send("/storage/v1/b/p-recordings/o/r?alt=media", { headers: { range: "bytes=10-" } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });

  it("continues a session with the official client where the bytes stopped", async () => {
    const bytes = randomBytes(MIB);
    const file = bucket.file("continued");
    const [uri] = await file.createResumableUpload({ preconditionOpts: { ifGenerationMatch: 0 } });
    await send("/emulator/uploads/cut", { method: "POST", body: JSON.stringify({ afterBytes: 600_000 }) });
    await expect(fetch(uri, { method: "PUT", body: new Uint8Array(bytes) })).rejects.toThrow();
    const query = await putRange(uri, "bytes */*");
    expect([query.status, query.headers.get("range")]).toEqual([308, "bytes=0-524287"]);
    await pipeline(Readable.from([bytes]), file.createWriteStream({ uri, validation: false }));
    expect((await file.download())[0].equals(bytes)).toBe(true);
  });

  it("keeps whole 256 KiB steps only, and refuses a smaller chunk that is not the last", async () => {
    const session = await startSession("steps");
    const bytes = randomBytes(300_000);
    expect((await putRange(session, "bytes */*")).headers.get("range")).toBeNull();
    const first = await putRange(session, "bytes 0-299999/*", bytes);
    expect([first.status, first.headers.get("range")]).toEqual([308, "bytes=0-262143"]);
    const small = await putRange(session, "bytes 262144-262153/*", bytes.subarray(262_144, 262_154));
    expect([small.status, await small.text()]).toEqual([400, expect.stringContaining("262144")]);
    expect((await putRange(session, "bytes 299999-299999/300000", bytes.subarray(0, 1))).status).toBe(400);
    const last = await putRange(session, "bytes 0-299999/300000", bytes);
    expect(await last.json()).toMatchObject({ size: "300000", crc32c: crcOf(bytes) });
    expect((await putRange(session, "bytes */*")).status).toBe(200);
  });

  it("refuses bytes that are not those that were declared", async () => {
    const session = await startSession("wrong");
    const init = { method: "PUT", headers: { "x-goog-hash": "crc32c=AAAAAA==" }, body: "hello" };
    const wrong = await fetch(session, init);
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("CRC32C")]);
    const long = await putRange(await startSession("long"), "bytes 0-9/20", Buffer.from("0123456"));
    expect(long.status).toBe(400);
    expect((await bucket.file("wrong").exists())[0]).toBe(false);
  });

  it("ends sessions that are expired, old or cancelled", async () => {
    const [expired, old, cancelled] = [await startSession("a"), await startSession("b"), await startSession("c")];
    await fetch(cancelled, { method: "DELETE" });
    expect((await putRange(cancelled, "bytes */*")).status).toBe(499);
    clock.advance(8 * 24 * 3_600_000);
    expect((await putRange(old, "bytes */*")).status).toBe(410);
    await send("/emulator/sessions/expire", { method: "POST" });
    expect((await putRange(expired, "bytes */*")).status).toBe(410);
  });

  it("makes an object once under ifGenerationMatch=0, however the writers race", async () => {
    const file = bucket.file("once");
    const save = (text: string) =>
      file.save(text, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }).then(
        () => 200,
        (error) => error.code,
      );
    expect((await Promise.all(["a", "b", "c"].map(save))).sort()).toEqual([200, 412, 412]);
    const refused = await send(
      "/upload/storage/v1/b/p-recordings/o?uploadType=resumable&name=once&ifGenerationMatch=0",
      { method: "POST" },
    );
    expect(refused.status).toBe(412);
    const raced = await startSession("late", "&ifGenerationMatch=0");
    await bucket.file("late").save("first", { resumable: false });
    expect((await putRange(raced, "bytes 0-5/6", Buffer.from("second"))).status).toBe(412);
    expect(String((await bucket.file("late").download())[0])).toBe("first");
  });

  it("tells Pub/Sub of every finalized object with Google's attributes, until switched off", async () => {
    const file = bucket.file("transcription/t.json");
    await file.save("{}", { resumable: false });
    await file.save("[]", { resumable: false });
    const [first, second] = published;
    expect(first).toMatchObject({
      topic: TOPIC,
      attributes: {
        notificationConfig: "projects/_/buckets/p-recordings/notificationConfigs/1",
        eventType: "OBJECT_FINALIZE",
        payloadFormat: "JSON_API_V1",
        bucketId: "p-recordings",
        objectId: "transcription/t.json",
      },
      object: { kind: "storage#object", bucket: "p-recordings", name: "transcription/t.json", size: "2" },
    });
    expect(second!.attributes["overwroteGeneration"]).toBe(first!.attributes["objectGeneration"]);
    expect(BigInt(second!.object["generation"]!)).toBeGreaterThan(BigInt(first!.object["generation"]!));
    await send("/emulator/notifications", { method: "PUT", body: '{"enabled":false}' });
    await file.save("", { resumable: false });
    expect(published).toHaveLength(2);
  });

  it("tries a notification again until Pub/Sub takes it", async () => {
    failPublishes = 3;
    await bucket.file("x").save("x", { resumable: false });
    expect(published).toHaveLength(0);
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(60_000);
    }
    expect(published).toHaveLength(1);
  });

  it("makes buckets and notification configurations for the official client", async () => {
    const [made] = await storage.createBucket("p-other", { location: "us-central1" });
    expect((await failureOf(storage.createBucket("p-other"))).code).toBe(409);
    const options = { eventTypes: ["OBJECT_DELETE"], objectNamePrefix: "a/", customAttributes: { k: "v" } };
    await made.createNotification("projects/p/topics/deleted", options);
    expect((await made.getNotifications())[0]).toHaveLength(1);
    for (const name of ["a/1", "b/1"]) {
      await made.file(name).save("1", { resumable: false });
      await made.file(name).delete();
    }
    expect(published).toMatchObject([{ topic: "projects/p/topics/deleted", attributes: { objectId: "a/1", k: "v" } }]);
  });

  it("lists by page, prefix and delimiter in order of name", async () => {
    for (const name of ["b", "a/2", "a/1", "c/x"]) await bucket.file(name).save("1", { resumable: false });
    const names = (files: File[]): string[] => files.map(({ name }) => name);
    expect(names((await bucket.getFiles())[0])).toEqual(["a/1", "a/2", "b", "c/x"]);
    expect(names((await bucket.getFiles({ prefix: "a/" }))[0])).toEqual(["a/1", "a/2"]);
    const response = await send("/storage/v1/b/p-recordings/o?delimiter=/&maxResults=2");
    expect(await response.json()).toMatchObject({ items: [{ name: "b" }], prefixes: ["a/"], nextPageToken: "Yg" });
    const next = await send("/storage/v1/b/p-recordings/o?pageToken=Yg");
    expect(await next.json()).toMatchObject({ items: [{ name: "c/x" }] });
  });

  it("changes metadata, and counts it", async () => {
    const file = bucket.file("m");
    await file.save("m", { resumable: false, metadata: { metadata: { a: "1", b: "2" } } });
    await file.setMetadata({ contentType: "text/plain", metadata: { a: null, c: "3" } });
    const [metadata] = await file.getMetadata();
    expect(metadata).toMatchObject({ contentType: "text/plain", metageneration: "2" });
    expect(metadata.metadata).toEqual({ b: "2", c: "3" });
  });

  it("refuses users, strangers, unknown parameters and fields, and missing things in Google's words", async () => {
    const path = "/storage/v1/b/p-recordings/o";
    expect((await send(path, { as: "person" })).status).toBe(403);
    expect((await send(path, { as: "stranger" })).status).toBe(401);
    expect((await send(`${path}?color=red`)).status).toBe(400);
    const upload = `/upload/storage/v1/b/p-recordings/o?uploadType=resumable&name=x`;
    expect((await send(upload, { method: "POST", body: '{"colour":"red"}' })).status).toBe(400);
    expect((await send(`${path}/x/rewriteTo/b/p-recordings/o/y`, { method: "POST" })).status).toBe(501);
    expect(await failureOf(bucket.file("absent").getMetadata())).toMatchObject({
      code: 404,
      message: expect.stringContaining("No such object: p-recordings/absent"),
    });
    expect((await failureOf(storage.bucket("absent").getFiles())).code).toBe(404);
  });

  it("forgets objects and sessions on reset, and has its first buckets again", async () => {
    await bucket.file("x").save("x", { resumable: false });
    emulator.reset();
    expect((await bucket.getFiles())[0]).toEqual([]);
    await bucket.file("y").save("y", { resumable: false });
    expect(published).toHaveLength(2);
  });
});
