import { PermanentError, RetryableError } from "#kernel/verdicts.ts";

/** The lease ran out and somebody else holds the booking, or the booking was cancelled: write nothing more. */
export class LeaseLostError extends RetryableError {
  constructor() {
    super("the booking is held by another delivery or no longer wanted", { code: "lease_lost" });
    this.name = "LeaseLostError";
  }
}

/** This recording will never have a transcript; the message goes on the row. */
export class NotPossibleError extends PermanentError {
  readonly recordingId: string;

  constructor(cause: PermanentError, recordingId: string) {
    super(cause.message, { code: cause.code, cause });
    this.name = "NotPossibleError";
    this.recordingId = recordingId;
  }
}

/** True once a delivery was tried so often that doing without is better than waiting on. */
export function outOfPatience(attempt: number | null, attempts: number): boolean {
  return attempt !== null && attempt >= attempts;
}
