import type { ByteSource } from "#ports/byte-source.ts";

/** What the source must turn out to be once it has been read whole. */
export interface ExpectedSource {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly md5: string;
}

/** The audio track of a recording; known from the index, before the audio is read. */
export interface AudioFacts {
  readonly packets: number;
  readonly durationMs: number;
  /** How much later than the recording the audio begins. */
  readonly startsAfterMs: number;
  /** Size of the audio-only file. */
  readonly sizeBytes: number;
}

export interface ExtractedAudio {
  readonly facts: AudioFacts;
  /**
   * An audio-only MP4, index first, not fragmented, the same bytes for the same source. Ends only after the whole
   * source was read in order and found equal to what was expected; else throws: `RetryableError` when bytes were lost
   * or changed on the way. Can be iterated once.
   */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface AudioExtractor {
  /**
   * Reads the index of an MP4 and opens its audio. Throws `PermanentError` for a file that can never be transcribed
   * (`recording_empty`, `recording_not_mp4`, `recording_without_audio` …), and only when the file itself, not its way
   * here, is at fault: the source is then read whole and compared with `expected`.
   */
  open(source: ByteSource, expected: ExpectedSource): Promise<ExtractedAudio>;
}
