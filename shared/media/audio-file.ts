import type { AudioTrack, Chunk } from "./audio-track.ts";
import { makeBox, viewOf } from "./mp4-boxes.ts";

/** An audio-only MP4 that is ready to be written from front to back. */
export interface AudioFile {
  /** Everything before the first packet: `ftyp`, the whole index, the header of `mdat`. */
  readonly head: Uint8Array;
  /** The pieces of the source that follow, in the order of the source. */
  readonly chunks: readonly Chunk[];
  readonly sizeBytes: number;
}

const MAX_UINT32 = 2 ** 32 - 1;
/** 1.0 as 16.16 fixed point, and the 3 x 3 unity matrix in the format's notation. */
const ONE = 0x0001_0000;
const UNITY_MATRIX = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];

/**
 * Lays out a non-fragmented file with the index in front: all sizes are known from the source's index, so no byte
 * has to be patched later. The packets keep their tables; only their offsets are new. Holds no date of ours: the same
 * source gives the same bytes, so an upload that broke off can go on.
 */
export function layOutAudioFile(track: AudioTrack): AudioFile {
  const order = track.chunks.map((_, index) => index).sort((a, b) => offsetOf(track, a) - offsetOf(track, b));
  const mediaBytes = track.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  const wide = mediaBytes > MAX_UINT32 / 2;
  const offsets: number[] = new Array(track.chunks.length).fill(0);
  // The offset table has its final size before its values are known.
  let at = headOf(track, { offsets, wide, mediaBytes }).length;
  for (const index of order) {
    offsets[index] = at;
    at += track.chunks[index]?.sizeBytes ?? 0;
  }
  return {
    head: headOf(track, { offsets, wide, mediaBytes }),
    chunks: order.flatMap((index) => track.chunks[index] ?? []),
    sizeBytes: at,
  };
}

function offsetOf(track: AudioTrack, index: number): number {
  return track.chunks[index]?.offset ?? 0;
}

interface Layout {
  readonly offsets: readonly number[];
  /** 64-bit sizes and offsets. */
  readonly wide: boolean;
  readonly mediaBytes: number;
}

function headOf(track: AudioTrack, layout: Layout): Uint8Array {
  const brands = Buffer.from("isom\0\0\x02\0isomiso2mp41", "latin1");
  return Buffer.concat([makeBox("ftyp", brands), movieBox(track, layout), mediaHeader(layout)]);
}

function mediaHeader({ wide, mediaBytes }: Layout): Uint8Array {
  if (!wide) return Buffer.concat([uint32s(mediaBytes + 8), Buffer.from("mdat")]);
  return Buffer.concat([uint32s(1), Buffer.from("mdat"), uint64s(mediaBytes + 16)]);
}

function movieBox(track: AudioTrack, layout: Layout): Uint8Array {
  const sampleTable = makeBox("stbl", ...track.boxes.tables, offsetTable(layout));
  const dataReference = makeBox("dinf", makeBox("dref", uint32s(0, 1), makeBox("url ", uint32s(1))));
  const mediaInformation = makeBox("minf", makeBox("smhd", uint32s(0, 0)), dataReference, sampleTable);
  const handler = makeBox("hdlr", uint32s(0, 0), Buffer.from("soun"), uint32s(0, 0, 0), Buffer.from("audio\0"));
  const media = makeBox("mdia", track.boxes.mdhd, handler, mediaInformation);
  return makeBox("moov", movieHeader(track), makeBox("trak", trackHeader(track), media));
}

/** Version 1: version, two dates, time scale, duration, rate, volume, reserved, matrix, predefined, next track. */
function movieHeader({ timescale, duration }: AudioTrack): Uint8Array {
  const dates = uint64s(0, 0);
  const tail = uint32s(ONE, 0x0100_0000, 0, 0, ...UNITY_MATRIX, 0, 0, 0, 0, 0, 0, 2);
  return makeBox("mvhd", uint32s(ONE * 256), dates, uint32s(timescale), uint64s(duration), tail);
}

/** Version 1 with flags "enabled, in movie": two dates, id 1, duration, layer, group, volume 1.0, matrix, no picture. */
function trackHeader({ duration }: AudioTrack): Uint8Array {
  const flags = ONE * 256 + 3;
  const tail = uint32s(0, 0, 0, 0x0100_0000, ...UNITY_MATRIX, 0, 0);
  return makeBox("tkhd", uint32s(flags), uint64s(0, 0), uint32s(1, 0), uint64s(duration), tail);
}

function offsetTable({ offsets, wide }: Layout): Uint8Array {
  const values = wide ? uint64List(offsets) : uint32List(offsets);
  return makeBox(wide ? "co64" : "stco", uint32s(0, offsets.length), values);
}

const uint32s = (...values: readonly number[]): Uint8Array => uint32List(values);
const uint64s = (...values: readonly number[]): Uint8Array => uint64List(values);

function uint32List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = viewOf(bytes);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value);
  return bytes;
}

function uint64List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = viewOf(bytes);
  for (const [index, value] of values.entries()) view.setBigUint64(index * 8, BigInt(value));
  return bytes;
}
