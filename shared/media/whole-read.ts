import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteSource } from "#ports/byte-source.ts";
import type { Chunk } from "./audio-track.ts";
import type { ReadAhead } from "./remote-index.ts";

/** What one sequential read of the whole source found. */
export interface WholeSource {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly md5: string;
  /** False when a piece that was read ahead has other bytes now. */
  readonly matchesReadAhead: boolean;
}

/** Copied out of the network's buffers: a small piece of audio must not keep a large buffer of video alive. */
const PIECE_BYTES = 256 * 1024;

/**
 * Reads the source once, in order and to its end, and yields the bytes of `chunks` (sorted by offset, not
 * overlapping) in pieces of up to 256 KiB. The report is complete when the iteration is.
 */
export async function* readWhole(
  source: ByteSource,
  wanted: { readonly chunks: readonly Chunk[]; readonly readAhead: readonly ReadAhead[] },
  report: (whole: WholeSource) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const md5 = createHash("md5");
  const checks = wanted.readAhead.map((piece) => ({ piece, crc: 0 }));
  const cutter = makeCutter(wanted.chunks);
  let position = 0;
  for await (const bytes of source.read(0, source.sizeBytes)) {
    md5.update(bytes);
    for (const check of checks) check.crc = continueCrc(check, bytes, position);
    yield* cutter.cut(bytes, position);
    position += bytes.length;
  }
  yield* cutter.rest();
  const matchesReadAhead = checks.every(({ piece, crc }) => piece.crc32 === crc);
  report({ sizeBytes: position, md5: md5.digest("hex"), matchesReadAhead });
}

function continueCrc(check: { piece: ReadAhead; crc: number }, bytes: Uint8Array, position: number): number {
  const from = Math.max(check.piece.start, position);
  const to = Math.min(check.piece.end, position + bytes.length);
  return from < to ? crc32(bytes.subarray(from - position, to - position), check.crc) : check.crc;
}

interface Cutter {
  cut(bytes: Uint8Array, position: number): Generator<Uint8Array>;
  rest(): Generator<Uint8Array>;
}

function makeCutter(chunks: readonly Chunk[]): Cutter {
  let next = 0;
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let used = 0;
  function* add(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + PIECE_BYTES - used);
      piece.set(part, used);
      used += part.length;
      at += part.length;
      if (used < PIECE_BYTES) continue;
      yield piece;
      piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      used = 0;
    }
  }
  return {
    *cut(bytes, position) {
      const end = position + bytes.length;
      for (let chunk = chunks[next]; chunk !== undefined && chunk.offset < end; chunk = chunks[next]) {
        const from = Math.max(chunk.offset, position);
        const to = Math.min(chunk.offset + chunk.sizeBytes, end);
        if (from < to) yield* add(bytes.subarray(from - position, to - position));
        if (chunk.offset + chunk.sizeBytes > end) break;
        next += 1;
      }
    },
    *rest() {
      if (used > 0) yield piece.subarray(0, used);
    },
  };
}
