import { setImmediate } from "node:timers/promises";
import { BufferSource, EncodedPacketSink, Input, type InputAudioTrack, MP4 } from "mediabunny";
import { type HeardWord, hearSpokenAudio } from "../spoken-audio/hear-spoken-audio.ts";
import type { Batch } from "./screen-batch.ts";
import { FileError, rpcCode } from "./storage-access.ts";

export interface HeardFile {
  readonly words: readonly HeardWord[];
  readonly durationMs: number;
}

const AAC_ENCODINGS = new Set(["MP4_AAC", "M4A_AAC", "MOV_AAC"]);

/** Hears what the audio file says. Throws FileError for a file that Speech cannot take or the model finds too long. */
export async function hearFile(bytes: Buffer, batch: Batch): Promise<HeardFile> {
  if (batch.encoding !== null && !AAC_ENCODINGS.has(batch.encoding)) throw notDecodable();
  if (topLevelBoxes(bytes).includes("moof")) throw notDecodable();
  const input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
  try {
    const track = await audioTrackOf(input);
    const durationMs = Math.round((await track.computeDuration()) * 1_000);
    screenLength(durationMs, batch);
    return { words: await hearSpokenAudio(packetsOf(track)), durationMs };
  } catch (error) {
    throw error instanceof FileError ? error : notDecodable();
  } finally {
    input.dispose();
  }
}

/** The one audio track. Whether Google takes a video track beside it is not documented: here it is refused. */
async function audioTrackOf(input: Input): Promise<InputAudioTrack> {
  const [video] = await input.getVideoTracks();
  const [track, second] = await input.getAudioTracks();
  if (video !== undefined || track === undefined || second !== undefined) throw notDecodable();
  if ((await track.getCodec()) !== "aac") throw notDecodable();
  return track;
}

/** Packets heard before other emulators of the process get a turn. */
const PACKETS_PER_TURN = 2_000;

/** One by one: `packets()` preloads a whole file held in memory into a queue that it empties in quadratic time. */
async function* packetsOf(track: InputAudioTrack): AsyncIterable<Uint8Array> {
  const sink = new EncodedPacketSink(track);
  let count = 0;
  for (let packet = await sink.getFirstPacket(); packet !== null; packet = await sink.getNextPacket(packet)) {
    yield packet.data;
    count += 1;
    if (count % PACKETS_PER_TURN === 0) await setImmediate();
  }
}

function screenLength(durationMs: number, { model, features }: Batch): void {
  const maxMs = features.enableWordTimeOffsets === true ? model.maxTimedAudioMs : model.maxAudioMs;
  if (durationMs <= maxMs) return;
  const message = `Audio duration of ${Math.ceil(durationMs / 1_000)}s exceeds the maximum of ${maxMs / 1_000}s.`;
  throw new FileError(rpcCode.invalidArgument, message);
}

/** Types of the boxes of the file's first level; stops where the file does. */
function topLevelBoxes(bytes: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    types.push(bytes.toString("latin1", at + 4, at + 8));
    const size = bytes.readUInt32BE(at);
    if (size === 0) break;
    const isLong = size === 1;
    if (isLong && at + 16 > bytes.length) break;
    const whole = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    at += Math.max(8, whole);
  }
  return types;
}

function notDecodable(): FileError {
  return new FileError(
    rpcCode.invalidArgument,
    "Audio data does not appear to be in a supported encoding. If you believe this to be incorrect, try explicitly " +
      "specifying the decoding parameters.",
  );
}
