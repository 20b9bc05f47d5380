import { assertAac } from "./aac-description.ts";
import { type Box, childBoxes, damagedIndex, findBox, Mp4Error, payloadView, requireBox } from "./mp4-boxes.ts";

/** Packets that lie side by side in the file. */
export interface Chunk {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The audio track of an MP4, as its index describes it. */
export interface AudioTrack {
  readonly packets: number;
  /** Duration of all packets, in units of `timescale`. */
  readonly duration: number;
  readonly timescale: number;
  readonly startsAfterMs: number;
  /** In decoding order, which need not be the order in the file. */
  readonly chunks: readonly Chunk[];
  /** The boxes that an audio-only file takes over unchanged, each with its header. */
  readonly boxes: { readonly mdhd: Uint8Array; readonly tables: readonly Uint8Array[] };
}

/** Sample tables that do not mention where in the file a packet lies: these stay as they are. */
const KEPT_TABLES = ["stsd", "stts", "stsc", "stsz", "sgpd", "sbgp"];

/** Reads the first audio track from the content of a `moov` box; throws `Mp4Error`. */
export function readAudioTrack(moov: Uint8Array): AudioTrack {
  const movie = { type: "moov", start: 0, contentStart: 0, end: moov.length };
  if (findBox(moov, movie, "mvex") !== null) {
    throw new Mp4Error("recording_fragmented", "The recording is a fragmented MP4, which is not supported.");
  }
  const track = childBoxes(moov, movie.contentStart, movie.end).find((box) => isAudio(moov, box));
  if (track === undefined) {
    throw new Mp4Error(
      "recording_without_audio",
      "The recording has no audio track, so there is nothing to transcribe.",
    );
  }
  const mdhd = requireBox(moov, track, "mdia/mdhd");
  const stbl = requireBox(moov, track, "mdia/minf/stbl");
  assertAac(moov, requireBox(moov, stbl, "stsd"));
  const { packets, duration } = readTimes(payloadView(moov, requireBox(moov, stbl, "stts"), 8));
  const timescale = readTimescale(moov, mdhd);
  const sizes = readSizes(payloadView(moov, requireBox(moov, stbl, "stsz"), 12));
  if (packets === 0) throw new Mp4Error("recording_without_audio", "The recording's audio track is empty.");
  if (sizes.count !== packets) throw damagedIndex("sizes and times disagree");
  return {
    packets,
    duration,
    timescale,
    startsAfterMs: readDelay(moov, { movie, track, timescale }),
    chunks: readChunks(moov, stbl, sizes),
    boxes: {
      mdhd: moov.slice(mdhd.start, mdhd.end),
      tables: childBoxes(moov, stbl.contentStart, stbl.end)
        .filter((box) => KEPT_TABLES.includes(box.type))
        .map((box) => moov.slice(box.start, box.end)),
    },
  };
}

function isAudio(moov: Uint8Array, box: Box): boolean {
  if (box.type !== "trak") return false;
  const handler = findBox(moov, box, "mdia/hdlr");
  // version and flags, predefined, then the handler's type "soun"
  return handler !== null && payloadView(moov, handler, 12).getUint32(8) === 0x736f756e;
}

function readTimescale(moov: Uint8Array, box: Box): number {
  const view = payloadView(moov, box, 20);
  const timescale = view.getUint8(0) === 1 ? payloadView(moov, box, 32).getUint32(20) : view.getUint32(12);
  if (timescale === 0) throw damagedIndex("no time scale");
  return timescale;
}

function readTimes(stts: DataView): { packets: number; duration: number } {
  const entries = entryCount(stts, 4, 8);
  let packets = 0;
  let duration = 0;
  for (let at = 8; at < 8 + entries * 8; at += 8) {
    packets += stts.getUint32(at);
    duration += stts.getUint32(at) * stts.getUint32(at + 4);
  }
  return { packets, duration };
}

interface Sizes {
  readonly count: number;
  of(packet: number): number;
}

function readSizes(stsz: DataView): Sizes {
  const common = stsz.getUint32(4);
  if (common !== 0) return { count: stsz.getUint32(8), of: () => common };
  return { count: entryCount(stsz, 8, 4), of: (packet) => stsz.getUint32(12 + packet * 4) };
}

/** The number of table entries at `at`, checked against the room there is for them behind it. */
function entryCount(table: DataView, at: number, entryBytes: number): number {
  const count = table.getUint32(at);
  if (at + 4 + count * entryBytes > table.byteLength) throw damagedIndex("a table is too short");
  return count;
}

function readChunks(moov: Uint8Array, stbl: Box, sizes: Sizes): Chunk[] {
  const offsets = readOffsets(moov, stbl);
  const stsc = payloadView(moov, requireBox(moov, stbl, "stsc"), 8);
  const runs = entryCount(stsc, 4, 12);
  const chunks: Chunk[] = [];
  let packet = 0;
  for (let run = 0; run < runs; run += 1) {
    const at = 8 + run * 12;
    // Runs name their first chunk, counted from 1; a run lasts until the next one begins.
    const last = run + 1 < runs ? stsc.getUint32(at + 12) - 1 : offsets.length;
    if (stsc.getUint32(at) !== chunks.length + 1 || last > offsets.length) throw damagedIndex("chunks out of order");
    const packetsPerChunk = stsc.getUint32(at + 4);
    while (chunks.length < last) {
      if (packet + packetsPerChunk > sizes.count) throw damagedIndex("more chunks than packets");
      let sizeBytes = 0;
      for (const end = packet + packetsPerChunk; packet < end; packet += 1) sizeBytes += sizes.of(packet);
      chunks.push({ offset: offsets[chunks.length] ?? 0, sizeBytes });
    }
  }
  if (packet !== sizes.count) throw damagedIndex("packets without a place");
  return chunks;
}

function readOffsets(moov: Uint8Array, stbl: Box): number[] {
  const stco = findBox(moov, stbl, "stco");
  const table = stco ?? requireBox(moov, stbl, "co64");
  const view = payloadView(moov, table, 8);
  const entryBytes = stco === null ? 8 : 4;
  const offsets: number[] = new Array(entryCount(view, 4, entryBytes));
  for (let index = 0; index < offsets.length; index += 1) {
    const at = 8 + index * entryBytes;
    offsets[index] = stco === null ? Number(view.getBigUint64(at)) : view.getUint32(at);
  }
  return offsets;
}

/** The edit list's leading pause, less the encoder's priming: what a player waits before the first packet. */
function readDelay(moov: Uint8Array, at: { movie: Box; track: Box; timescale: number }): number {
  const elst = findBox(moov, at.track, "edts/elst");
  if (elst === null) return 0;
  const view = payloadView(moov, elst, 8);
  const wide = view.getUint8(0) === 1;
  const entryBytes = wide ? 20 : 12;
  const movieTimescale = readTimescale(moov, requireBox(moov, at.movie, "mvhd"));
  let delayMs = 0;
  const entries = entryCount(view, 4, entryBytes);
  for (let entry = 0; entry < entries; entry += 1) {
    const from = 8 + entry * entryBytes;
    const lasts = wide ? Number(view.getBigUint64(from)) : view.getUint32(from);
    const mediaTime = wide ? Number(view.getBigInt64(from + 8)) : view.getInt32(from + 4);
    if (mediaTime >= 0) return Math.round(delayMs - (mediaTime / at.timescale) * 1000);
    delayMs += (lasts / movieTimescale) * 1000;
  }
  return Math.round(delayMs);
}
