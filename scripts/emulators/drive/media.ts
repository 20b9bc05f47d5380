import { Readable } from "node:stream";
import type { EmulatorClock } from "../rest/emulator.ts";
import type { Reply } from "../rest/operation.ts";
import type { DriveFile, DriveFiles } from "./drive-files.ts";
import type { MediaFault } from "./media-faults.ts";

const CHUNK_BYTES = 64 * 1024;

/** The part of a file that a Range header asks for; the whole file where there is none, or one we do not serve. */
interface Span {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly isPartial: boolean;
}

/**
 * The content of a file: 200 whole, 206 for one byte range, 416 for a range behind the end.
 * Several ranges in one header are answered with the whole file, which HTTP permits.
 */
export function mediaReply(file: DriveFile, range: string | null): Reply {
  const span = spanOf(range, file.bytes.length);
  if (span === null) {
    return { status: 416, headers: { "content-range": `bytes */${file.bytes.length}` }, bytes: new Uint8Array() };
  }
  const bytes = file.bytes.subarray(span.from, span.to);
  return { status: span.isPartial ? 206 : 200, headers: mediaHeaders(file, span), bytes: Readable.from(chunks(bytes)) };
}

/** The same, damaged on the way. */
export function damagedMediaReply(
  reading: { readonly file: DriveFile; readonly files: DriveFiles; readonly range: string | null },
  fault: MediaFault,
  clock: EmulatorClock,
): Reply {
  const span = spanOf(reading.range, reading.file.bytes.length);
  if (span === null) return mediaReply(reading.file, reading.range);
  const status = span.isPartial ? 206 : 200;
  const headers = mediaHeaders(reading.file, span);
  const bytes = reading.file.bytes.subarray(span.from, span.to);
  if (fault.kind === "cut") return cutReply({ status, headers }, bytes, fault);
  const body = fault.kind === "revise" ? revised(reading, span, clock) : delayed(bytes, fault, clock);
  return { status, headers, bytes: Readable.from(body) };
}

function cutReply(
  head: { status: number; headers: Record<string, string> },
  bytes: Uint8Array,
  fault: CutFault,
): Reply {
  const missing = Math.max(1, Math.floor(bytes.length * fault.fraction));
  const at = Math.floor((bytes.length - missing) / 2);
  const rest = [bytes.subarray(0, at), bytes.subarray(at + missing)];
  const sent = { ...head.headers, "content-length": String(bytes.length - missing) };
  if (fault.declares === "sent") return { ...head, headers: sent, bytes: Readable.from(chunks(...rest)) };
  return { ...head, bytes: Readable.from(brokenOff(rest)) };
}

type CutFault = Extract<MediaFault, { kind: "cut" }>;

function* chunks(...parts: Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) yield part.subarray(at, at + CHUNK_BYTES);
  }
}

/** An error at the end of the stream makes the server close the socket before the declared length is reached. */
function* brokenOff(parts: Uint8Array[]): Generator<Uint8Array> {
  yield* chunks(...parts);
  throw new Error("the connection breaks here");
}

async function* delayed(
  bytes: Uint8Array,
  fault: Extract<MediaFault, { delayMs: number }>,
  clock: EmulatorClock,
): AsyncGenerator<Uint8Array> {
  const pieces = fault.kind === "stall" ? 2 : fault.pieces;
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length; at += size) {
    if (at > 0) await new Promise<void>((resolve) => clock.after(fault.delayMs / (pieces - 1), resolve));
    yield* chunks(bytes.subarray(at, at + size));
  }
}

function* revised(
  { file, files }: { readonly file: DriveFile; readonly files: DriveFiles },
  span: Span,
  clock: EmulatorClock,
): Generator<Uint8Array> {
  const middle = Math.floor((span.from + span.to) / 2);
  yield* chunks(file.bytes.subarray(span.from, middle));
  const next = nextRevision(file.bytes);
  files.replaceContent(file.id, next, clock.now());
  yield* chunks(next.subarray(middle, span.to));
}

/** A `free` box behind the end: other checksums and size, still a playable MP4 with the same sound. */
function nextRevision(bytes: Uint8Array): Uint8Array {
  const box = Buffer.alloc(16);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4, "latin1");
  return Buffer.concat([bytes, box]);
}

function mediaHeaders(file: DriveFile, { from, to, isPartial }: Span): Record<string, string> {
  const partial = isPartial ? { "content-range": `bytes ${from}-${to - 1}/${file.bytes.length}` } : {};
  return {
    "content-type": file.mimeType,
    "content-length": String(to - from),
    "accept-ranges": "bytes",
    ...partial,
  };
}

function spanOf(range: string | null, size: number): Span | null {
  const whole = { from: 0, to: size, isPartial: false };
  const found = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  if (found === null) return whole;
  const [, first = "", last = ""] = found;
  if (first === "" && last === "") return whole;
  if (first === "") return last === "0" ? null : { from: Math.max(0, size - Number(last)), to: size, isPartial: true };
  const from = Number(first);
  if (last !== "" && Number(last) < from) return whole;
  if (from >= size) return null;
  return { from, to: last === "" ? size : Math.min(size, Number(last) + 1), isPartial: true };
}
