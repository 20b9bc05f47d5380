import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scaledClock } from "../rest/emulator.ts";
import { type StorageEmulator, startStorage } from "./start-storage.ts";

const KIB = 1024;
const content = randomBytes(900 * KIB + 13);
const headers = { authorization: "Bearer robot" };

describe("a resumable session under a bad connection", () => {
  let emulator: StorageEmulator;
  beforeAll(async () => {
    const authority = { principalOf: () => ({ kind: "service_account", email: "r@p" }) as const };
    emulator = await startStorage({ authority, clock: scaledClock(0.001), buckets: [{ name: "bucket" }] });
  });
  afterAll(() => emulator.stop());

  const begin = async (name: string): Promise<string> => {
    const url = `${emulator.url}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=${name}`;
    return (await fetch(url, { method: "POST", headers })).headers.get("location")!;
  };
  const persisted = async (session: string): Promise<number> => {
    const answer = await fetch(session, { method: "PUT", headers: { "content-range": "bytes */*" } });
    const range = answer.headers.get("range");
    return range === null ? 0 : Number(range.replace("bytes=0-", "")) + 1;
  };
  const send = (session: string, from: number, to: number): Promise<number> => {
    const total = to === content.length ? to : "*";
    const init = { method: "PUT", headers: { "content-range": `bytes ${from}-${to - 1}/${total}` } };
    return fetch(session, { ...init, body: new Uint8Array(content.subarray(from, to)) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => 0,
    );
  };
  const stored = async (name: string): Promise<Buffer> => {
    const answer = await fetch(`${emulator.url}/storage/v1/b/bucket/o/${name}?alt=media`, { headers });
    return Buffer.from(await answer.arrayBuffer());
  };

  it("ends with exactly the bytes that were sent, whatever is cut, repeated or sent in odd sizes", async () => {
    const step = fc.record({
      backBytes: fc.constantFrom(0, 0, 1, 1_000, 300 * KIB),
      lengthBytes: fc.integer({ min: 1, max: 600 * KIB }),
      cutAfterBytes: fc.option(fc.integer({ min: 0, max: 400 * KIB })),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const name = `o${run++}`;
        const session = await begin(name);
        for (const { backBytes, lengthBytes, cutAfterBytes } of steps) {
          const from = Math.max(0, (await persisted(session)) - backBytes);
          emulator.state.cutUploadAfterBytes = cutAfterBytes;
          await send(session, from, Math.min(content.length - 1, from + lengthBytes));
          expect((await persisted(session)) % (256 * KIB)).toBe(0);
        }
        emulator.state.cutUploadAfterBytes = null;
        expect(await send(session, await persisted(session), content.length)).toBe(200);
        expect((await stored(name)).equals(content)).toBe(true);
        expect(await send(session, 0, content.length)).toBe(200);
      }),
      { numRuns: 25 },
    );
  });

  it("lets a newer request take over from one that hangs", async () => {
    const session = await begin("taken");
    const controller = new AbortController();
    let sent = (): void => undefined;
    const firstBytes = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const hanging = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new Uint8Array(content.subarray(0, 300 * KIB))),
      pull: () => {
        sent();
        return new Promise(() => undefined);
      },
    });
    const init = { method: "PUT", body: hanging, duplex: "half", signal: controller.signal };
    const hung = fetch(session, init as RequestInit).catch(() => "aborted");
    await firstBytes;
    expect(await send(session, 0, content.length)).toBe(200);
    controller.abort();
    expect(await hung).toBe("aborted");
    expect((await stored("taken")).equals(content)).toBe(true);
  });

  it("makes one object when the last chunk is sent several times at once", async () => {
    const session = await begin("many");
    const statuses = await Promise.all([1, 2, 3, 4].map(() => send(session, 0, content.length)));
    expect(statuses).toContain(200);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect((await stored("many")).equals(content)).toBe(true);
    expect(emulator.state.object("bucket", "many").metageneration).toBe(1);
  });
});
