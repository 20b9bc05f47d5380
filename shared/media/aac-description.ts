import { type Box, childBoxes, damagedIndex, Mp4Error, viewOf } from "./mp4-boxes.ts";

/** Fields of an AudioSampleEntry before its boxes: 6 reserved, data reference, 8 reserved, 12 of audio facts. */
const SAMPLE_ENTRY_BYTES = 28;
/** MPEG-4 audio, and MPEG-2 AAC in its three profiles (ISO/IEC 14496-1, table 5). */
const AAC_OBJECT_TYPES = [0x40, 0x66, 0x67, 0x68];
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG_DESCRIPTOR = 4;

/** Throws `Mp4Error` unless the sample description `stsd` says that every packet is AAC, in the clear. */
export function assertAac(moov: Uint8Array, stsd: Box): void {
  const entries = childBoxes(moov, stsd.contentStart + 8, stsd.end);
  if (entries.length === 0) throw damagedIndex("no sample description");
  for (const entry of entries) {
    const type = entry.type === "mp4a" ? objectTypeOf(moov, entry) : null;
    if (type === null || !AAC_OBJECT_TYPES.includes(type)) {
      throw new Mp4Error("recording_audio_unsupported", "The recording's audio is not AAC, which is not supported.");
    }
  }
}

function objectTypeOf(moov: Uint8Array, entry: Box): number | null {
  const boxes = childBoxes(moov, entry.contentStart + SAMPLE_ENTRY_BYTES, entry.end);
  const esds = boxes.find((box) => box.type === "esds");
  if (esds === undefined) return null;
  // Four bytes of version and flags stand before the descriptor.
  const bytes = moov.subarray(esds.contentStart + 4, esds.end);
  const stream = descriptorAt(bytes, 0, ES_DESCRIPTOR);
  if (stream === null || stream + 3 > bytes.length) return null;
  const flags = bytes[stream + 2] ?? 0;
  const optionalBytes =
    (flags & 0x80 ? 2 : 0) + (flags & 0x40 ? 1 + (bytes[stream + 3] ?? 0) : 0) + (flags & 0x20 ? 2 : 0);
  const config = descriptorAt(bytes, stream + 3 + optionalBytes, DECODER_CONFIG_DESCRIPTOR);
  return config === null || config >= bytes.length ? null : viewOf(bytes).getUint8(config);
}

/** Where the payload of the descriptor at `at` begins: its length is written in up to four 7-bit bytes. */
function descriptorAt(bytes: Uint8Array, at: number, tag: number): number | null {
  if (bytes[at] !== tag) return null;
  let payload = at + 1;
  while (payload < at + 4 && ((bytes[payload] ?? 0) & 0x80) !== 0) payload += 1;
  return payload + 1;
}
