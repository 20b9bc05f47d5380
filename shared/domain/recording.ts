/** A recording's way: found in Drive, audio copied to our bucket, transcription running, transcript written. */
export const recordingStates = [
  "found",
  "copying",
  "copied",
  "transcribing",
  "transcribed",
  "failed",
  /** Of a meeting that is none of ours, or of a booking that was cancelled. */
  "ignored",
] as const;
export type RecordingState = (typeof recordingStates)[number];

/** Where a recording's audio lies in our bucket: made of ids alone, never of anybody's file name. */
export function audioObjectName(recordingId: string): string {
  return `audio/${recordingId}.mp4`;
}

/** Where Speech leaves what it heard in one chunk; one prefix per paid job. */
export function transcriptionPrefix(recordingId: string, chunk: number): string {
  return `transcription/${recordingId}/${chunk}/`;
}
