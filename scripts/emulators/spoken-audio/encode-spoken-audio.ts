import { crc32 } from "node:zlib";
import { FRAME_MS, MAX_CONTENT_BYTES, RECORD_HEAD_BYTES, writeSpokenFrame } from "./spoken-audio-format.ts";

/** One word and when it is said, in milliseconds from the start of the recording. */
export interface SpokenWord {
  readonly word: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** One encoded AAC packet of 64 ms. */
export interface SpokenPacket {
  readonly data: Uint8Array;
  readonly timestampMs: number;
  readonly durationMs: number;
}

/** Field widths of a record (2, 2 and 4 bytes). */
const MAX_WORD_BYTES = 0xffff;
const MAX_FRAMES_LATE = 0xffff;
const MAX_DURATION_MS = 0xffff_ffff;

/** Words on their way into frames; `written` bytes of the open record are already in a frame. */
interface Recording {
  readonly words: readonly SpokenWord[];
  next: number;
  /** Content of the frame being filled; frames copy out of it. */
  readonly scratch: Uint8Array;
  open: { readonly bytes: Uint8Array; written: number } | null;
}

/**
 * AAC-LC frames (16 kHz mono, see spokenAudioFormat) that decode as silence and carry `words`.
 *
 * Lasts `durationMs` rounded up to whole frames, or longer where the words need it (a word after the end, or more
 * than 488 bytes of words in every 64 ms). Same words, same bytes.
 * @throws RangeError for a word over 65,535 bytes or with times that are negative, reversed or not finite.
 */
export function* encodeSpokenAudio(words: readonly SpokenWord[], durationMs: number): Iterable<SpokenPacket> {
  if (!(durationMs >= 0 && durationMs < Infinity)) throw new RangeError(`audio cannot last ${durationMs} ms`);
  const spoken = words.filter(({ word }) => word !== "").sort((a, b) => a.startsMs - b.startsMs);
  const streamId = crc32(JSON.stringify(spoken.map(({ word, startsMs, endsMs }) => [word, startsMs, endsMs])));
  const lastMs = spoken.reduce((latest, { endsMs }) => Math.max(latest, endsMs), durationMs);
  const frameCount = Math.ceil(lastMs / FRAME_MS);
  const recording: Recording = { words: spoken, next: 0, open: null, scratch: new Uint8Array(MAX_CONTENT_BYTES) };
  for (let number = 0; number < frameCount || hasMore(recording); number++) {
    const data = writeSpokenFrame({ streamId, number, ...contentOfFrame(recording, number) });
    yield { data, timestampMs: number * FRAME_MS, durationMs: FRAME_MS };
  }
}

function hasMore(recording: Recording): boolean {
  return recording.open !== null || recording.next < recording.words.length;
}

function contentOfFrame(recording: Recording, number: number): { firstRecordAt: number | null; content: Uint8Array } {
  let used = continueRecord(recording, 0);
  let firstRecordAt: number | null = null;
  while (recording.open === null && used + RECORD_HEAD_BYTES <= MAX_CONTENT_BYTES) {
    const word = recording.words[recording.next];
    if (word === undefined || frameOf(word.startsMs) > number) break;
    recording.next++;
    recording.open = { bytes: recordOf(word, number), written: 0 };
    firstRecordAt ??= used;
    used = continueRecord(recording, used);
  }
  return { firstRecordAt, content: recording.scratch.slice(0, used) };
}

/** Moves as much of the open record as fits behind `used`; returns the bytes used then. */
function continueRecord(recording: Recording, used: number): number {
  const { open } = recording;
  if (open === null) return used;
  const piece = open.bytes.subarray(open.written, open.written + MAX_CONTENT_BYTES - used);
  recording.scratch.set(piece, used);
  open.written += piece.length;
  if (open.written === open.bytes.length) recording.open = null;
  return used + piece.length;
}

function frameOf(ms: number): number {
  return Math.floor(Math.round(ms) / FRAME_MS);
}

function recordOf({ word, startsMs, endsMs }: SpokenWord, frameNumber: number): Uint8Array {
  const text = Buffer.from(word, "utf8");
  const startMs = Math.round(startsMs);
  const durationMs = Math.round(endsMs) - startMs;
  const framesLate = frameNumber - frameOf(startsMs);
  if (text.length > MAX_WORD_BYTES) throw new RangeError(`a word of ${text.length} bytes is too long to be spoken`);
  if (!(startMs >= 0 && durationMs >= 0 && durationMs <= MAX_DURATION_MS)) {
    throw new RangeError(`a word cannot last from ${startsMs} to ${endsMs} ms`);
  }
  if (framesLate > MAX_FRAMES_LATE) throw new RangeError("the words need far more room than the time they are said in");
  const record = new Uint8Array(RECORD_HEAD_BYTES + text.length);
  const view = new DataView(record.buffer);
  view.setUint16(0, text.length);
  view.setUint16(2, framesLate);
  view.setUint8(4, startMs % FRAME_MS);
  view.setUint32(5, durationMs);
  record.set(text, RECORD_HEAD_BYTES);
  return record;
}
