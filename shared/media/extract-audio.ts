import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { AudioExtractor, AudioFacts, ExpectedSource, ExtractedAudio } from "#ports/audio-extractor.ts";
import type { ByteSource } from "#ports/byte-source.ts";
import { type AudioFile, layOutAudioFile } from "./audio-file.ts";
import { type AudioTrack, readAudioTrack } from "./audio-track.ts";
import { Mp4Error } from "./mp4-boxes.ts";
import { type ReadAhead, readRemoteIndex } from "./remote-index.ts";
import { readWhole, type WholeSource } from "./whole-read.ts";

/** Takes the AAC track out of a remote MP4 without decoding it, in bounded memory and without a file. */
export const audioExtractor: AudioExtractor = { open: openAudio };

async function openAudio(source: ByteSource, expected: ExpectedSource): Promise<ExtractedAudio> {
  if (expected.sizeBytes === 0) {
    throw new PermanentError("The recording's file is empty (0 bytes).", { code: "recording_empty" });
  }
  const readAhead: ReadAhead[] = [];
  try {
    const track = readAudioTrack(await readRemoteIndex(source, (piece) => readAhead.push(piece)));
    const file = layOutAudioFile(track);
    assertInside(file, source.sizeBytes);
    const content = writeAudio({ source, expected, file, readAhead });
    return { facts: factsOf(track, file), content };
  } catch (thrown) {
    if (thrown instanceof Mp4Error) throw await verdictOn(thrown, { source, expected, readAhead });
    throw thrown;
  }
}

function factsOf(track: AudioTrack, file: AudioFile): AudioFacts {
  return {
    packets: track.packets,
    durationMs: Math.round((track.duration / track.timescale) * 1000),
    startsAfterMs: track.startsAfterMs,
    sizeBytes: file.sizeBytes,
  };
}

/** The audio must lie in the file, each byte once: a cut or forged index may point anywhere. */
function assertInside(file: AudioFile, sizeBytes: number): void {
  let free = 0;
  for (const { offset, sizeBytes: chunkBytes } of file.chunks) {
    if (offset < free) throw new Mp4Error("recording_index_damaged", "The recording's index names some audio twice.");
    free = offset + chunkBytes;
  }
  if (free > sizeBytes) {
    throw new Mp4Error("recording_truncated", "The recording's file ends before its audio does.");
  }
}

interface Writing {
  readonly source: ByteSource;
  readonly expected: ExpectedSource;
  readonly file: AudioFile;
  readonly readAhead: readonly ReadAhead[];
}

async function* writeAudio({ source, expected, file, readAhead }: Writing): AsyncGenerator<Uint8Array> {
  yield file.head;
  let written = file.head.length;
  let found: WholeSource | null = null;
  const whole = readWhole(source, { chunks: file.chunks, readAhead }, (report) => {
    found = report;
  });
  for await (const piece of whole) {
    written += piece.length;
    yield piece;
  }
  assertWhole(found, expected);
  if (written !== file.sizeBytes) throw new Error(`wrote ${written} of ${file.sizeBytes} bytes of audio`);
}

function assertWhole(found: WholeSource | null, expected: ExpectedSource): void {
  if (found === null || found.sizeBytes !== expected.sizeBytes) {
    throw damaged(`${found?.sizeBytes ?? 0} of ${expected.sizeBytes} bytes arrived`);
  }
  if (found.md5 !== expected.md5) throw damaged("its MD5 is not the one Drive states");
  if (!found.matchesReadAhead) throw damaged("its index had other bytes when it was read first");
}

/** A file is called bad only when all of it, and the index before it, arrived as Drive has it; else the way is to blame. */
async function verdictOn(problem: Mp4Error, { source, expected, readAhead }: Omit<Writing, "file">): Promise<Error> {
  let found: WholeSource | null = null;
  const whole = readWhole(source, { chunks: [], readAhead }, (report) => {
    found = report;
  });
  for await (const _ of whole);
  assertWhole(found, expected);
  return new PermanentError(problem.message, { code: problem.code, cause: problem });
}

function damaged(how: string): RetryableError {
  return new RetryableError(`The recording was damaged on its way here: ${how}. It is read again.`, {
    code: "recording_transfer_damaged",
  });
}
