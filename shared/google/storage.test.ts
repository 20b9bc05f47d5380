import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeObjectStore } from "#google/storage.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { ObjectStore, ResumableUpload } from "#ports/object-store.ts";
import { type TestIdentity, useServiceAccount } from "#testing/application-default-credentials.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";
import { type StorageEmulator, startStorage } from "../../scripts/emulators/storage/start-storage.ts";

const MIB = 1024 * 1024;
const NAME = "audio/recording.mp4";
const bytes = randomBytes(20 * MIB + 12_345);

let identity: TestIdentity;
let emulator: StorageEmulator;
let objects: ObjectStore;
let sealed: { sizeBytes: number; crc32c: string }[];

beforeEach(async () => {
  identity = await useServiceAccount("capture-artifacts", "p");
  identity.assume();
  emulator = await startStorage({
    authority: identity.oauth,
    clock: scaledClock(0.01),
    buckets: [{ name: "p-recordings" }],
  });
  objects = makeObjectStore({ projectId: "p", bucket: "p-recordings", endpoint: emulator.url });
  sealed = [];
});
afterEach(async () => {
  await emulator.stop();
  await identity.stop();
});

async function* pieces(of: Uint8Array, failAfter = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < of.length; at += 256 * 1024) {
    if (at >= failAfter) throw new RetryableError("the source broke", { code: "source_broke" });
    yield of.subarray(at, at + 256 * 1024);
  }
}

const uploadOf = async (options: Partial<ResumableUpload> = {}): Promise<ResumableUpload> => ({
  name: NAME,
  sessionUri: options.sessionUri ?? (await objects.beginUpload(NAME, "audio/mp4")),
  content: pieces(bytes),
  beforeEnd: async (sent) => void sealed.push(sent),
  ...options,
});

/** Resolves when the emulator has answered `count` calls of an operation. */
const answers = (operation: string, count: number): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    const stop = emulator.calls.observe((answered) => {
      if (answered !== operation || --left > 0) return;
      stop();
      resolve();
    });
  });

const stored = async () => Buffer.from(await objects.read(NAME, 64 * MIB));
const sha = (of: Uint8Array) => createHash("sha256").update(of).digest("hex");

describe("uploading an object", () => {
  it("stores every byte and says what was sent before the object exists", async () => {
    let present: unknown = "not asked";
    const result = await objects.upload(
      await uploadOf({
        beforeEnd: async (sent) => {
          sealed.push(sent);
          present = await objects.stat(NAME);
        },
      }),
    );
    expect(present).toBeNull();
    expect(result).toMatchObject({ kind: "stored", object: { sizeBytes: bytes.length, crc32c: sealed[0]?.crc32c } });
    expect(sealed).toEqual([{ sizeBytes: bytes.length, crc32c: expect.any(String) }]);
    expect(sha(await stored())).toBe(sha(bytes));
  });

  it("makes no object when the content breaks off, and goes on where the server stopped", async () => {
    const sessionUri = await objects.beginUpload(NAME, "audio/mp4");
    // The client first asks where to begin, then sends chunks of 8 MiB.
    const twoChunks = answers("objects.resumable", 3);
    async function* content() {
      yield* pieces(bytes.subarray(0, 17 * MIB));
      await twoChunks;
      throw new RetryableError("the source broke", { code: "source_broke" });
    }
    await expect(objects.upload(await uploadOf({ sessionUri, content: content() }))).rejects.toMatchObject({
      code: "source_broke",
    });
    expect(await objects.stat(NAME)).toBeNull();
    const [session] = emulator.state.sessions.values();
    expect(session?.persistedBytes).toBe(16 * MIB);
    const before = emulator.calls.count("objects.resumable");
    const result = await objects.upload(await uploadOf({ sessionUri }));
    expect(result.kind).toBe("stored");
    expect(sha(await stored())).toBe(sha(bytes));
    expect(emulator.calls.count("objects.resumable") - before).toBeLessThanOrEqual(3);
  });

  it("makes no object when the seal is refused", async () => {
    const refusing = objects.upload(
      await uploadOf({
        beforeEnd: async () => {
          throw new PermanentError("the source has changed", { code: "changed" });
        },
      }),
    );
    await expect(refusing).rejects.toMatchObject({ code: "changed" });
    expect(await objects.stat(NAME)).toBeNull();
  });

  it("survives a connection that dies in the middle of a chunk", async () => {
    emulator.state.cutUploadAfterBytes = 3 * MIB;
    expect((await objects.upload(await uploadOf())).kind).toBe("stored");
    expect(sha(await stored())).toBe(sha(bytes));
  });

  it("survives a server that is not available for a moment", async () => {
    emulator.faults.add({ operation: "objects.resumable", kind: "status", status: 503, times: 1, skip: 1 });
    expect((await objects.upload(await uploadOf())).kind).toBe("stored");
    expect(sha(await stored())).toBe(sha(bytes));
  });

  it("never replaces an object that is there", async () => {
    const late = await uploadOf();
    await objects.upload(await uploadOf());
    const other = Buffer.concat([bytes, bytes]);
    expect(await objects.upload({ ...late, content: pieces(other) })).toEqual({ kind: "exists" });
    expect(sha(await stored())).toBe(sha(bytes));
  });

  it("says that a session is lost when the server does not know it", async () => {
    const upload = await uploadOf();
    emulator.state.sessions.clear();
    expect(await objects.upload(upload)).toEqual({ kind: "session_lost" });
  });

  it("leaves nothing behind when the server holds other bytes than ours", async () => {
    const sessionUri = await objects.beginUpload(NAME, "audio/mp4");
    const other = randomBytes(bytes.length);
    await objects.upload(await uploadOf({ sessionUri, content: pieces(other, 17 * MIB) })).catch(() => undefined);
    expect(await objects.upload(await uploadOf({ sessionUri }))).toEqual({ kind: "session_lost" });
    expect(await objects.stat(NAME)).toBeNull();
  });
});

describe("objects", () => {
  it("are null when absent, listed by prefix, and removed by generation", async () => {
    expect(await objects.stat(NAME)).toBeNull();
    await objects.upload(await uploadOf());
    const listed = await objects.list("audio/");
    expect(listed).toEqual([await objects.stat(NAME)]);
    expect(await objects.list("transcription/")).toEqual([]);
    const [object] = listed;
    if (object === undefined) throw new Error("nothing listed");
    await objects.remove({ ...object, generation: "1" });
    expect(await objects.stat(NAME)).not.toBeNull();
    await objects.remove(object);
    await objects.remove(object);
    expect(await objects.stat(NAME)).toBeNull();
  });

  it("are refused when they are gone or larger than the reader can hold", async () => {
    await expect(objects.read(NAME, MIB)).rejects.toMatchObject({ code: "object_missing" });
    await objects.upload(await uploadOf());
    await expect(objects.read(NAME, MIB)).rejects.toMatchObject({ code: "object_too_large" });
  });
});
