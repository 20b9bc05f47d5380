import type { ByteSource } from "#ports/byte-source.ts";

/** A recording's file as Drive states it. */
export interface RecordingFile {
  readonly fileId: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly md5: string;
  /** Another one means that the content was replaced. */
  readonly revisionId: string;
}

/**
 * Recordings in a consultant's Drive. Throws verdicts; `PermanentError` says what happened to the file
 * (`recording_deleted`, `recording_trashed`, `recording_download_forbidden` …).
 */
export interface RecordingFiles {
  describe(userId: string, fileId: string): Promise<RecordingFile>;
  /** The content; an interrupted or silent download goes on where it stopped, within bounds. */
  content(userId: string, file: RecordingFile): ByteSource;
}
