export interface TranscriptionRequest {
  /** `gs://…` of one audio file. */
  readonly audioUri: string;
  /** `gs://…/` under which the result is written; also what a lost job is found by. */
  readonly outputUri: string;
  readonly model: string;
  /** BCP 47. */
  readonly languageCode: string;
}

export type TranscriptionProgress =
  | { readonly kind: "running" }
  /** `gs://…` of the result. */
  | { readonly kind: "succeeded"; readonly resultUri: string }
  /** Speech's own words, for the person who reads the row. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Speech does not know the operation (any more). */
  | { readonly kind: "unknown" };

/** Paid, long-running transcription. */
export interface Transcriber {
  /**
   * Asks once and never by itself again; the answer is the operation's name. `PermanentError`: Speech refused, no job
   * runs. `RetryableError`: it may or may not run, look for it with `find` before asking again.
   */
  start(request: TranscriptionRequest): Promise<string>;
  /** The operation that writes to `outputUri`, or null. */
  find(outputUri: string): Promise<string | null>;
  check(operationName: string): Promise<TranscriptionProgress>;
}
