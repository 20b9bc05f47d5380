import fc from "fast-check";
import {
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { describe, expect, it } from "vitest";
import { encodeSpokenAudio, type SpokenWord } from "./encode-spoken-audio.ts";
import { hearSpokenAudio } from "./hear-spoken-audio.ts";
import { spokenAudioFormat } from "./spoken-audio-format.ts";

/** `count` words of 300 ms, one every 400 ms from `startsMs`. */
const speech = (count: number, startsMs = 10): SpokenWord[] =>
  Array.from({ length: count }, (_, i) => ({
    word: `word-${i}`,
    startsMs: startsMs + i * 400,
    endsMs: startsMs + i * 400 + 300,
  }));
const framesOf = (words: readonly SpokenWord[], durationMs = 0): Uint8Array[] =>
  [...encodeSpokenAudio(words, durationMs)].map(({ data }) => data);
const textOf = (words: readonly { word: string }[]): string[] => words.map(({ word }) => word);

describe("spoken audio", () => {
  it("is heard as it was said, in 64 ms packets", async () => {
    const words = speech(50);
    const packets = [...encodeSpokenAudio(words, 30_000)];
    expect(packets).toHaveLength(Math.ceil(30_000 / 64));
    expect(packets[3]).toMatchObject({ timestampMs: 192, durationMs: 64 });
    expect(await hearSpokenAudio(packets.map(({ data }) => data))).toEqual(words);
  });

  it("lasts longer than asked where the words need it", () => {
    expect(framesOf(speech(1, 1_000), 100)).toHaveLength(Math.ceil(1_300 / 64));
    expect(framesOf([], 100)).toHaveLength(2);
  });

  it("carries several words in one frame, overlapping words and words of many frames' data", async () => {
    const words = [
      { word: "a", startsMs: 0, endsMs: 10 },
      { word: "b", startsMs: 10, endsMs: 20 },
      { word: "\u00e4\u{1f600}".repeat(400), startsMs: 15, endsMs: 40 },
      { word: "over", startsMs: 30, endsMs: 900 },
      { word: "lap", startsMs: 200, endsMs: 300 },
    ];
    expect(await hearSpokenAudio(framesOf(words))).toEqual(words);
  });

  it("refuses words and lengths that cannot be said", () => {
    expect(() => framesOf([{ word: "x".repeat(70_000), startsMs: 0, endsMs: 1 }])).toThrow(RangeError);
    expect(() => framesOf([{ word: "x", startsMs: 5, endsMs: 1 }])).toThrow(RangeError);
    expect(() => framesOf([{ word: "x", startsMs: Number.NaN, endsMs: 1 }])).toThrow(RangeError);
    expect(() => framesOf([], Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });

  it("counts time from the first packet given when the recording is cut", async () => {
    const words = speech(40);
    const frames = framesOf(words);
    const heard = await hearSpokenAudio(frames.slice(100));
    const rest = words.filter(({ startsMs }) => startsMs >= 6_400);
    expect(heard).toEqual(
      rest.map((word) => ({ ...word, startsMs: word.startsMs - 6_400, endsMs: word.endsMs - 6_400 })),
    );
  });

  it("loses exactly the words that last over a lost frame", async () => {
    const words = speech(20);
    const frames = framesOf(words);
    const lost = 30;
    const heard = await hearSpokenAudio(frames.toSpliced(lost, 1));
    const hit = (word: SpokenWord): boolean => word.startsMs < (lost + 1) * 64 && word.endsMs > lost * 64;
    expect(textOf(heard)).toEqual(textOf(words.filter((word) => !hit(word))));
  });

  it("loses words to foreign, truncated and repeated frames, and hears none twice", async () => {
    const frames = framesOf(speech(20));
    const other = framesOf(speech(20, 20));
    const damaged = frames.flatMap((frame, i) => {
      if (i === 10) return [other[10]!];
      if (i === 40) return [frame.subarray(0, frame.length - 2)];
      return i === 70 ? [frame, frame] : [frame];
    });
    const heard = textOf(await hearSpokenAudio(damaged));
    expect(heard).toHaveLength(new Set(heard).size);
    expect(heard.length).toBeLessThan(20);
    expect(heard).toContain("word-19");
  });

  it("never hears a word that was not said, nor in another order, whatever happens to the frames", async () => {
    const words = speech(12);
    const frames = framesOf(words);
    const said = textOf(words);
    const damage = fc.array(
      fc.record({ at: fc.nat(frames.length - 1), kind: fc.constantFrom("drop", "swap", "flip", "cut", "repeat") }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(), async (hits, salt) => {
        const heard = textOf(await hearSpokenAudio(hits.reduce((now, hit) => damaged(now, hit, salt), frames)));
        const positions = heard.map((word) => said.indexOf(word));
        expect(positions).not.toContain(-1);
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
      }),
    );
  });

  it("survives MP4 and back, packet by packet", async () => {
    const words = speech(200);
    const target = new BufferTarget();
    const output = new Output({ format: new Mp4OutputFormat(), target });
    const source = new EncodedAudioPacketSource("aac");
    output.addAudioTrack(source);
    await output.start();
    for (const { data, timestampMs, durationMs } of encodeSpokenAudio(words, 90_000)) {
      const packet = new EncodedPacket(data, "key", timestampMs / 1_000, durationMs / 1_000);
      await source.add(packet, { decoderConfig: spokenAudioFormat });
    }
    await output.finalize();
    const input = new Input({ source: new BufferSource(target.buffer!), formats: [MP4] });
    const track = (await input.getPrimaryAudioTrack())!;
    expect(await track.getCodecParameterString()).toBe("mp4a.40.2");
    const packets = new EncodedPacketSink(track).packets();
    const data = (async function* () {
      for await (const packet of packets) yield packet.data;
    })();
    expect(await hearSpokenAudio(data)).toEqual(words);
  });
});

function damaged(frames: Uint8Array[], { at, kind }: { at: number; kind: string }, salt: number): Uint8Array[] {
  const index = at % frames.length;
  const frame = frames[index]!;
  if (kind === "drop") return frames.toSpliced(index, 1);
  if (kind === "repeat") return frames.toSpliced(index, 0, frame);
  if (kind === "cut") return frames.toSpliced(index, 1, frame.subarray(0, salt % frame.length));
  if (kind === "swap") return frames.toSpliced(index, 1).toSpliced(salt % frames.length, 0, frame);
  const flipped = Uint8Array.from(frame);
  flipped[salt % frame.length]! ^= 1 << (salt % 8);
  return frames.toSpliced(index, 1, flipped);
}
