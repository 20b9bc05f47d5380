import { createHash } from "node:crypto";
import fc from "fast-check";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import { describe, expect, test } from "vitest";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { ByteSource } from "#ports/byte-source.ts";
import { makeRecordingFile, type RecordingFileOptions } from "#testing/recording-file.ts";
import { hearSpokenAudio } from "../../scripts/emulators/spoken-audio/hear-spoken-audio.ts";
import { audioExtractor } from "./extract-audio.ts";

const words = Array.from({ length: 200 }, (_, index) => ({
  word: `word${index}`,
  startsMs: index * 300,
  endsMs: index * 300 + 250,
}));
const MINUTE: RecordingFileOptions = { words, durationMs: 60_000 };

interface Read {
  readonly start: number;
  readonly end: number;
}

/** A file in memory that gives pieces of an odd size, and may give other bytes than it holds. */
function sourceOf(
  file: Uint8Array,
  options: { pieceBytes?: number; change?: (piece: Uint8Array, at: number) => Uint8Array } = {},
): ByteSource & { reads: Read[] } {
  const reads: Read[] = [];
  return {
    sizeBytes: file.length,
    reads,
    async *read(start, end) {
      reads.push({ start, end });
      const pieceBytes = options.pieceBytes ?? 65_521;
      for (let at = start; at < end; at += pieceBytes) {
        const piece = file.slice(at, Math.min(end, at + pieceBytes));
        yield options.change?.(piece, at) ?? piece;
      }
    },
  };
}

const expectedOf = (file: Uint8Array) => ({
  sizeBytes: file.length,
  md5: createHash("md5").update(file).digest("hex"),
});

async function extract(source: ByteSource, expected: { sizeBytes: number; md5: string }) {
  const { facts, content } = await audioExtractor.open(source, expected);
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  return { facts, file: new Uint8Array(Buffer.concat(pieces)) };
}

/** What an independent reader finds in the audio of a file. */
async function packetsOf(file: Uint8Array) {
  using input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  const tracks = await input.getTracks();
  const track = await input.getPrimaryAudioTrack();
  const packets = [];
  if (track !== null) for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  return { trackTypes: tracks.map(({ type }) => type), packets, durationSeconds: await track?.computeDuration() };
}

describe("extracting the audio of a recording", () => {
  test.for(["front", "end"] as const)("keeps every packet of a file with its index at the %s", async (index) => {
    const recording = await makeRecordingFile({ ...MINUTE, index });
    const { facts, file } = await extract(sourceOf(recording), expectedOf(recording));
    const before = await packetsOf(recording);
    const after = await packetsOf(file);
    expect(after.trackTypes).toEqual(["audio"]);
    expect(after.packets.length).toBe(facts.packets);
    expect(after.packets.map(({ data }) => Buffer.from(data).toString("hex"))).toEqual(
      before.packets.map(({ data }) => Buffer.from(data).toString("hex")),
    );
    expect(after.durationSeconds).toBeCloseTo(before.durationSeconds ?? 0, 3);
    expect(facts.durationMs / 1000).toBeCloseTo(after.durationSeconds ?? 0, 2);
    expect(facts.sizeBytes).toBe(file.length);
  });

  test("keeps every word that was said", async () => {
    const recording = await makeRecordingFile(MINUTE);
    const { file } = await extract(sourceOf(recording), expectedOf(recording));
    const { packets } = await packetsOf(file);
    const heard = (await hearSpokenAudio(packets.map(({ data }) => data))).map(({ word }) => word);
    expect(heard).toEqual(words.map(({ word }) => word));
  });

  test("reads the index by range and then the whole file once, in order", async () => {
    const recording = await makeRecordingFile(MINUTE);
    const source = sourceOf(recording);
    await extract(source, expectedOf(recording));
    expect(source.reads.length).toBeLessThanOrEqual(3);
    expect(source.reads.at(-1)).toEqual({ start: 0, end: recording.length });
  });

  test("gives the same bytes however the source arrives", async () => {
    const recording = await makeRecordingFile(MINUTE);
    const first = await extract(sourceOf(recording), expectedOf(recording));
    const second = await extract(sourceOf(recording, { pieceBytes: 977 }), expectedOf(recording));
    expect(Buffer.compare(first.file, second.file)).toBe(0);
  });

  test("says how much later than the picture the audio begins", async () => {
    const recording = await makeRecordingFile({ ...MINUTE, audioStartsAfterMs: 500 });
    const { facts } = await extract(sourceOf(recording), expectedOf(recording));
    expect(facts.startsAfterMs).toBe(500);
  });
});

describe("a recording that can never be transcribed", () => {
  const cases: readonly { name: string; code: string; file: () => Promise<Uint8Array> | Uint8Array }[] = [
    { name: "no bytes", code: "recording_empty", file: () => new Uint8Array() },
    { name: "a text", code: "recording_not_mp4", file: () => Buffer.from("not a film, ".repeat(1_000)) },
    { name: "three bytes", code: "recording_not_mp4", file: () => Uint8Array.of(1, 2, 3) },
    {
      name: "video only",
      code: "recording_without_audio",
      file: () => makeRecordingFile({ ...MINUTE, tracks: "video" }),
    },
    {
      name: "fragments",
      code: "recording_fragmented",
      file: () => makeRecordingFile({ ...MINUTE, index: "fragments" }),
    },
    {
      name: "a file that was not written to its end",
      code: "recording_truncated",
      file: async () => (await makeRecordingFile(MINUTE)).slice(0, 50_000),
    },
    {
      name: "a file with its index in front whose media are cut off",
      code: "recording_truncated",
      file: async () => (await makeRecordingFile({ ...MINUTE, index: "front" })).slice(0, 60_000),
    },
  ];
  test.for(cases)("refuses $name for good", async ({ code, file }) => {
    const bytes = await file();
    const failure = await extract(sourceOf(bytes), expectedOf(bytes)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PermanentError);
    expect(failure).toMatchObject({ code });
  });
});

describe("a recording that is damaged on its way", () => {
  const damages = {
    "one changed byte": (piece: Uint8Array, at: number) => {
      if (at < 200_000 && at + piece.length > 200_000) piece[200_000 - at] = (piece[200_000 - at] ?? 0) ^ 1;
      return piece;
    },
    "1 % cut out": (piece: Uint8Array) => piece.slice(0, Math.floor(piece.length * 0.99)),
    "nothing at all": () => new Uint8Array(),
  };
  test.for(Object.entries(damages))("is read again: %s", async ([, change]) => {
    const recording = await makeRecordingFile({ ...MINUTE, videoFrameBytes: 4_000 });
    const failure = await extract(sourceOf(recording, { change }), expectedOf(recording)).catch((error) => error);
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({ code: "recording_transfer_damaged" });
  });

  /** Damages only what is read before the whole, in its last byte or everywhere. */
  const damagedAhead = (recording: Uint8Array, damage: (piece: Uint8Array, at: number) => Uint8Array): ByteSource => ({
    sizeBytes: recording.length,
    read: (start, end) => {
      const whole = start === 0 && end === recording.length;
      return sourceOf(recording, whole ? {} : { change: damage }).read(start, end);
    },
  });

  test("is noticed when only the index was damaged, at first reading, and stayed well-formed", async () => {
    const recording = await makeRecordingFile(MINUTE);
    const source = damagedAhead(recording, (piece, at) => {
      // The last bytes of the index are chunk offsets.
      if (at + piece.length === recording.length) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 4;
      return piece;
    });
    const failure = await extract(source, expectedOf(recording)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "recording_transfer_damaged" });
  });

  test("is noticed when the index came broken, although the whole arrives in order afterwards", async () => {
    const recording = await makeRecordingFile(MINUTE);
    const source = damagedAhead(recording, (piece) => piece.fill(0, Math.floor(piece.length / 2)));
    const failure = await extract(source, expectedOf(recording)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({ code: "recording_transfer_damaged" });
  });

  test("never passes for whole, whatever was changed", { timeout: 60_000 }, async () => {
    const recording = await makeRecordingFile({ words, durationMs: 10_000 });
    const expected = expectedOf(recording);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(recording.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        async (flips) => {
          const changed = recording.slice();
          for (const [at, mask] of flips) changed[at] = (changed[at] ?? 0) ^ mask;
          fc.pre(Buffer.compare(changed, recording) !== 0);
          const failure = await extract(sourceOf(changed), expected).catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(RetryableError);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("an index made by an enemy", () => {
  test("ends in a verdict, in bounded time", { timeout: 60_000 }, async () => {
    const recording = await makeRecordingFile({ words, durationMs: 5_000 });
    const moovAt = Buffer.from(recording).lastIndexOf("moov");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(recording.length - moovAt - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        async (writes) => {
          const forged = recording.slice();
          for (const [at, value] of writes) forged[moovAt + at] = value;
          const result = await extract(sourceOf(forged), expectedOf(forged)).catch((error: unknown) => error);
          if (result instanceof Error) expect(result).toBeInstanceOf(PermanentError);
        },
      ),
      { numRuns: 300 },
    );
  });
});
