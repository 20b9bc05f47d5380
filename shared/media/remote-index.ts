import { crc32 } from "node:zlib";
import type { ByteSource } from "#ports/byte-source.ts";
import { type Box, MAX_HEADER_BYTES, Mp4Error, readBoxHeader } from "./mp4-boxes.ts";

/** A piece of the source that was read ahead of the rest; compared when the whole is read. */
export interface ReadAhead {
  readonly start: number;
  readonly end: number;
  readonly crc32: number;
}

/** Enough for `ftyp` and the next header; a short recording comes whole. */
const HEAD_BYTES = 64 * 1024;
/** What is left behind the media is the index: 8 hours of video and audio need about 15 MiB. */
const TAIL_BYTES = 32 * 1024 * 1024;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** Meet writes four; an endless chain of tiny boxes is an attack. */
const MAX_TOP_LEVEL_BOXES = 64;
/** What an MP4 or QuickTime file may begin with. */
const FIRST_BOXES = ["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp", "uuid"];

/**
 * The content of an MP4's index (`moov`), which lies at the front or the end, in two or three range reads; each is
 * told to `note`, also when the index turns out to be damaged.
 * Throws `Mp4Error` when there is none, and whatever the source throws.
 */
export async function readRemoteIndex(source: ByteSource, note: (piece: ReadAhead) => void): Promise<Uint8Array> {
  const pieces = makePieces(source, note);
  let at = 0;
  for (let boxes = 0; boxes < MAX_TOP_LEVEL_BOXES && at < source.sizeBytes; boxes += 1) {
    const box = await boxAt(pieces, at, source.sizeBytes);
    if (at === 0 && !FIRST_BOXES.includes(box.type)) throw notMp4();
    if (box.end > source.sizeBytes) {
      throw new Mp4Error("recording_truncated", "The recording's file ends in the middle: it was not written whole.");
    }
    if (box.type === "moov") return await contentOf(pieces, box);
    at = box.end;
  }
  throw new Mp4Error("recording_without_index", "The recording's file has no index: it was not written to its end.");
}

async function boxAt(pieces: Pieces, at: number, fileEnd: number): Promise<Box> {
  const bytes = await pieces.bytes(at, Math.min(fileEnd, at + MAX_HEADER_BYTES));
  const box = readBoxHeader(bytes, 0, { base: at, fileEnd });
  if (box === null) throw notMp4();
  return box;
}

async function contentOf(pieces: Pieces, moov: Box): Promise<Uint8Array> {
  if (moov.end - moov.start > MAX_INDEX_BYTES) {
    throw new Mp4Error("recording_index_too_large", "The recording's index is larger than 64 MiB.");
  }
  return pieces.bytes(moov.contentStart, moov.end);
}

interface Pieces {
  bytes(start: number, end: number): Promise<Uint8Array>;
}

/** Holds what was read so far and reads on where that ends; pieces never overlap. */
function makePieces(source: ByteSource, note: (piece: ReadAhead) => void): Pieces {
  let held: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  const readOn = async (start: number, end: number): Promise<Uint8Array> => {
    const bytes = await collect(source.read(start, end), end - start);
    note({ start, end, crc32: crc32(bytes) });
    return bytes;
  };
  return {
    bytes: async (start, end) => {
      const heldEnd = held.start + held.bytes.length;
      if (start >= heldEnd) {
        const rest = source.sizeBytes - start;
        const ahead = start > 0 && rest <= TAIL_BYTES ? rest : HEAD_BYTES;
        const until = Math.min(source.sizeBytes, Math.max(end, start + ahead));
        held = { start, bytes: await readOn(start, until) };
      } else if (end > heldEnd) {
        const more = await readOn(heldEnd, end);
        held = { start: held.start, bytes: Buffer.concat([held.bytes, more]) };
      }
      return held.bytes.subarray(start - held.start, end - held.start);
    },
  };
}

async function collect(stream: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const piece of stream) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const notMp4 = (): Mp4Error => new Mp4Error("recording_not_mp4", "The recording's file is not an MP4.");
