import type { Delivery } from "#contracts/delivery.ts";
import { parseSpeechOutput, type SpeechOutput, SpeechOutputError } from "#contracts/speech-output.ts";
import type { SpokenWord } from "#domain/spoken-word.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { AnalyzedRecording } from "#ports/analysis-store.ts";
import type { ObjectStore, StoredObject } from "#ports/object-store.ts";
import { outOfPatience } from "./stops.ts";

/** A file that cannot be read is read again this often before the recording is given up. */
const READ_ATTEMPTS = 3;
/** Eight hours of talk are about 16 MB; beyond this it is no result of ours, and would not fit the instance. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024;

/** What Speech heard in one recording. */
export interface Speech {
  readonly words: readonly SpokenWord[];
  readonly languageCode: string | null;
  readonly billedSeconds: number;
  readonly untimedWords: number;
}

/** Reads a recording's result files, in the order of its chunks; throws `PermanentError` when one never can be read. */
export async function readSpeech(
  bucket: Pick<ObjectStore, "read">,
  { recording, delivery }: { readonly recording: AnalyzedRecording; readonly delivery: Delivery },
  objects: readonly StoredObject[],
): Promise<Speech> {
  const outputs: SpeechOutput[] = [];
  for (const object of objects) {
    const bytes = await bucket.read(object.name, MAX_RESULT_BYTES);
    try {
      outputs.push(parseSpeechOutput(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")));
    } catch (error) {
      if (!(error instanceof SpeechOutputError)) throw error;
      if (delivery.attempt !== null && !outOfPatience(delivery.attempt, READ_ATTEMPTS)) {
        throw new RetryableError(error.message, { code: error.code, cause: error });
      }
      const message = `${error.message} The transcription has to be started again: replay the recording.`;
      throw new PermanentError(message, { code: error.code, cause: error });
    }
  }
  return joinedSpeech(outputs, recording.audioStartsAfterMs);
}

/** One list of words on the recording's clock. */
function joinedSpeech(outputs: readonly SpeechOutput[], startsAfterMs: number): Speech {
  const words = outputs.flatMap((output) => output.words);
  const moved =
    startsAfterMs === 0
      ? words
      : words.map((word) => ({
          ...word,
          startsMs: word.startsMs + startsAfterMs,
          endsMs: word.endsMs + startsAfterMs,
        }));
  return {
    words: moved,
    languageCode: outputs.find((output) => output.languageCode !== null)?.languageCode ?? null,
    billedSeconds: outputs.reduce((sum, output) => sum + output.billedSeconds, 0),
    untimedWords: outputs.reduce((sum, output) => sum + output.untimedWords, 0),
  };
}
