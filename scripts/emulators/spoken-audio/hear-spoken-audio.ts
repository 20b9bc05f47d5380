import { FRAME_MS, RECORD_HEAD_BYTES, readSpokenFrame, type SpokenFrame } from "./spoken-audio-format.ts";

/** One word that was heard, in milliseconds from the first packet given. */
export interface HeardWord {
  readonly word: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** Frames that follow one another without a gap; a word counts only if one run holds all the frames it lasts. */
interface Run {
  readonly streamId: number;
  readonly firstIndex: number;
  lastNumber: number;
  /** Words that last beyond the newest frame. */
  pending: { readonly lastIndex: number; readonly heard: HeardWord }[];
  /** A record whose text goes on in the next frame. */
  open: { readonly startIndex: number; readonly bytes: Uint8Array } | null;
}

/**
 * The words in AAC packets of encodeSpokenAudio, in order of their start.
 *
 * Time is position: packet i plays from i * 64 ms, whatever its frame number says. Anything lost, cut, changed,
 * repeated, out of order or foreign costs the words that last over it, and no word is ever made up: a frame counts
 * only with its checksum right and its number above every earlier one of the same recording.
 */
export async function hearSpokenAudio(packets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<HeardWord[]> {
  const heard: HeardWord[] = [];
  const highest = new Map<number, number>();
  let run: Run | null = null;
  let index = 0;
  for await (const packet of packets) {
    const frame = readSpokenFrame(packet);
    if (frame === null || frame.number <= (highest.get(frame.streamId) ?? -1)) {
      run = null;
    } else {
      highest.set(frame.streamId, frame.number);
      run = continues(run, frame) ? run : newRun(frame, index);
      hearFrame(run, frame, { index, heard });
    }
    index++;
  }
  return heard.sort((a, b) => a.startsMs - b.startsMs);
}

function continues(run: Run | null, frame: SpokenFrame): run is Run {
  return run !== null && run.streamId === frame.streamId && run.lastNumber + 1 === frame.number;
}

function newRun(frame: SpokenFrame, firstIndex: number): Run {
  return { streamId: frame.streamId, firstIndex, lastNumber: frame.number, pending: [], open: null };
}

function hearFrame(run: Run, frame: SpokenFrame, at: { readonly index: number; readonly heard: HeardWord[] }): void {
  run.lastNumber = frame.number;
  const { content, firstRecordAt } = frame;
  if (run.open !== null) {
    const more = content.subarray(0, firstRecordAt ?? content.length);
    readRecords(run, Buffer.concat([run.open.bytes, more]), run.open.startIndex);
  }
  if (firstRecordAt !== null) readRecords(run, content.subarray(firstRecordAt), at.index);
  if (run.pending.length === 0) return;
  at.heard.push(...run.pending.filter(({ lastIndex }) => lastIndex <= at.index).map(({ heard }) => heard));
  run.pending = run.pending.filter(({ lastIndex }) => lastIndex > at.index);
}

/** Reads the records that start in the frame at `startIndex`; a last one that is not whole stays open. */
function readRecords(run: Run, bytes: Uint8Array, startIndex: number): void {
  run.open = null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + RECORD_HEAD_BYTES <= bytes.length; ) {
    const end = at + RECORD_HEAD_BYTES + view.getUint16(at);
    if (end > bytes.length) {
      run.open = { startIndex, bytes: bytes.slice(at) };
      return;
    }
    readRecord(run, bytes.subarray(at, end), startIndex);
    at = end;
  }
}

function readRecord(run: Run, record: Uint8Array, startIndex: number): void {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const firstIndex = startIndex - view.getUint16(2);
  // The word began before this run did: part of it is missing.
  if (firstIndex < run.firstIndex) return;
  const startsMs = firstIndex * FRAME_MS + view.getUint8(4);
  const endsMs = startsMs + view.getUint32(5);
  const word = Buffer.from(record.subarray(RECORD_HEAD_BYTES)).toString("utf8");
  const lastIndex = Math.max(firstIndex, Math.ceil(endsMs / FRAME_MS) - 1);
  run.pending.push({ lastIndex, heard: { word, startsMs, endsMs } });
}
