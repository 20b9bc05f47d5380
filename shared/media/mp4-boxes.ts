/** Reading and writing of ISO base media boxes (ISO/IEC 14496-12, section 4.2), for files we do not trust. */

/** The file is not what its format promises; `code` says how, the message is for people. */
export class Mp4Error extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "Mp4Error";
    this.code = code;
  }
}

export const damagedIndex = (what: string): Mp4Error =>
  new Mp4Error("recording_index_damaged", `The recording's index is damaged (${what}).`);

/** A box's place in the bytes that hold it. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its payload begins. */
  readonly contentStart: number;
  readonly end: number;
}

/** A header is 8 bytes, 16 with a 64-bit size. */
export const MAX_HEADER_BYTES = 16;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The box whose header begins at `at` in `bytes`, where `bytes` begin at `base` in a file that ends at `fileEnd`.
 * Positions in the answer count from the file's start. Null when `bytes` hold no whole header there.
 */
export function readBoxHeader(bytes: Uint8Array, at: number, file: { base: number; fileEnd: number }): Box | null {
  if (at + 8 > bytes.length) return null;
  const view = viewOf(bytes);
  const size32 = view.getUint32(at);
  if (size32 === 1 && at + MAX_HEADER_BYTES > bytes.length) return null;
  const headerBytes = size32 === 1 ? MAX_HEADER_BYTES : 8;
  const start = file.base + at;
  const size = size32 === 1 ? Number(view.getBigUint64(at + 8)) : size32 === 0 ? file.fileEnd - start : size32;
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  if (size < headerBytes || !Number.isSafeInteger(start + size)) throw damagedIndex(`size of box ${printable(type)}`);
  return { type, start, contentStart: start + headerBytes, end: start + size };
}

/** The boxes directly inside `bytes[from..to)`; throws `Mp4Error` when they do not fill it exactly. */
export function childBoxes(bytes: Uint8Array, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at < to; ) {
    // QuickTime closes some containers with four zero bytes.
    if (to - at < 8) break;
    const box = readBoxHeader(bytes, at, { base: 0, fileEnd: to });
    if (box === null || box.end > to) throw damagedIndex("a box reaches beyond its parent");
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/** The first box at `path` (`"mdia/minf/stbl"`) below `parent`, or null. */
export function findBox(bytes: Uint8Array, parent: Box, path: string): Box | null {
  let current: Box = parent;
  for (const type of path.split("/")) {
    const child = childBoxes(bytes, current.contentStart, current.end).find((box) => box.type === type);
    if (child === undefined) return null;
    current = child;
  }
  return current;
}

/** The same, for a box that the format demands. */
export function requireBox(bytes: Uint8Array, parent: Box, path: string): Box {
  const box = findBox(bytes, parent, path);
  if (box === null) throw damagedIndex(`no ${path}`);
  return box;
}

/** A view of a box's payload of at least `minBytes` bytes. */
export function payloadView(bytes: Uint8Array, box: Box, minBytes: number): DataView {
  if (box.end - box.contentStart < minBytes) throw damagedIndex(`${printable(box.type)} is too short`);
  return viewOf(bytes.subarray(box.contentStart, box.end));
}

/** A box made of its parts; `parts` are copied. */
export function makeBox(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const bytes = new Uint8Array(size);
  viewOf(bytes).setUint32(0, size);
  bytes.set(Buffer.from(type, "latin1"), 4);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function printable(type: string): string {
  return type.replaceAll(/[^ -~]/g, "?");
}
