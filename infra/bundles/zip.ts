import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  /** With forward slashes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** 1980-01-01, the first day of the format: the archive must not depend on when it was made. */
const DOS_DATE = 0x0021;
const DEFLATE = 8;
const VERSION = 20;
const UTF8_NAMES = 0x0800;

/** A zip archive that depends on names and contents alone. Under 4 GiB and 65,536 files: ZIP64 is not written. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of sorted) {
    const name = Buffer.from(entry.name, "utf8");
    const packed = deflateRawSync(entry.content, { level: 9 });
    const common = commonHeader(entry.content, packed, name.length);
    const local = Buffer.concat([signature("PK\x03\x04"), common, name, packed]);
    directory.push(Buffer.concat([signature("PK\x01\x02"), uint16(VERSION), common, placeOf(offset), name]));
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...files, central, endOfDirectory(sorted.length, central.length, offset)]);
}

/** What a file's local header and its directory entry say alike. */
function commonHeader(content: Uint8Array, packed: Buffer, nameLength: number): Buffer {
  return Buffer.concat([
    ...[VERSION, UTF8_NAMES, DEFLATE, 0, DOS_DATE].map(uint16),
    ...[crc32(content), packed.length, content.length].map(uint32),
    ...[nameLength, 0].map(uint16),
  ]);
}

/** Comment length, disk, internal attributes, external attributes (a plain file, read by all), offset. */
function placeOf(offset: number): Buffer {
  return Buffer.concat([...[0, 0, 0].map(uint16), ...[0, offset].map(uint32)]);
}

function endOfDirectory(count: number, bytes: number, offset: number): Buffer {
  return Buffer.concat([
    signature("PK\x05\x06"),
    ...[0, 0, count, count].map(uint16),
    ...[bytes, offset].map(uint32),
    uint16(0),
  ]);
}

const signature = (text: string): Buffer => Buffer.from(text, "latin1");

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
