import { crc32 } from "node:zlib";
import { dataOfSilentFrame, MAX_FRAME_DATA_BYTES, silentFrameWith } from "./aac-frame.ts";

export const SAMPLES_PER_FRAME = 1024;
/** 1024 samples at 16 kHz. */
export const FRAME_MS = 64;

/** Decoder configuration of the track: AudioSpecificConfig of AAC-LC (2), 16 kHz (index 8), mono (1). */
export const spokenAudioFormat = {
  codec: "mp4a.40.2",
  sampleRate: 16_000,
  numberOfChannels: 1,
  description: Uint8Array.of(0x14, 0x08),
} as const;

/**
 * What one frame says. Layout of its data, big endian:
 *   0  "SPOK"   4  stream id   8  frame number   12  offset of the first record that starts here, NONE if none
 *   14 content  end-4  crc32 of everything before
 */
export interface SpokenFrame {
  /** Tells the recordings apart, so that a spliced-in frame of another one is foreign. */
  readonly streamId: number;
  /** Counts from 0 at the start of the recording, and keeps its value when the recording is cut. */
  readonly number: number;
  /** Where in `content` the first new record begins; what stands before continues an earlier frame's record. */
  readonly firstRecordAt: number | null;
  readonly content: Uint8Array;
}

/**
 * Head of a record, followed by `textBytes` bytes of UTF-8. It is never split between two frames, its text may be.
 *   0 textBytes (2)   2 framesLate (2): frames between the word's start and the record   4 offsetMs in its frame (1)
 *   5 durationMs (4)
 */
export const RECORD_HEAD_BYTES = 9;

const MAGIC = 0x53504f4b;
const NONE = 0xffff;
const HEAD_BYTES = 14;
const CRC_BYTES = 4;
export const MAX_CONTENT_BYTES = MAX_FRAME_DATA_BYTES - HEAD_BYTES - CRC_BYTES;

/** One AAC frame of the recording. */
export function writeSpokenFrame(frame: SpokenFrame): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + frame.content.length + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, frame.streamId);
  view.setUint32(8, frame.number);
  view.setUint16(12, frame.firstRecordAt ?? NONE);
  bytes.set(frame.content, HEAD_BYTES);
  const end = bytes.length - CRC_BYTES;
  view.setUint32(end, crc32(bytes.subarray(0, end)));
  return silentFrameWith(bytes);
}

/** Reads a packet back; null when it is not a whole, unchanged frame of ours. */
export function readSpokenFrame(packet: Uint8Array): SpokenFrame | null {
  const bytes = dataOfSilentFrame(packet);
  if (bytes === null || bytes.length < HEAD_BYTES + CRC_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - CRC_BYTES;
  if (view.getUint32(0) !== MAGIC || view.getUint32(end) !== crc32(bytes.subarray(0, end))) return null;
  const firstRecordAt = view.getUint16(12);
  return {
    streamId: view.getUint32(4),
    number: view.getUint32(8),
    firstRecordAt: firstRecordAt === NONE ? null : firstRecordAt,
    content: bytes.subarray(HEAD_BYTES, end),
  };
}
