import { RetryableError, type VerdictDetails } from "#kernel/verdicts.ts";

/** The lease ran out and somebody else holds the booking, or the booking was cancelled: write nothing more. */
export class LeaseLostError extends RetryableError {
  constructor() {
    super("the booking is held by another delivery or no longer wanted", { code: "lease_lost" });
    this.name = "LeaseLostError";
  }
}

/** This recording will never have a transcript; the message goes on the row. */
export class NotPossibleError extends Error {
  readonly code: string;
  readonly recordingId: string;

  constructor(message: string, details: VerdictDetails & { readonly recordingId: string }) {
    super(message, { cause: details.cause });
    this.name = "NotPossibleError";
    this.code = details.code;
    this.recordingId = details.recordingId;
  }
}

/** True once a delivery was tried so often that doing without is better than waiting on. */
export function outOfPatience(attempt: number | null, attempts: number): boolean {
  return attempt !== null && attempt >= attempts;
}
