/**
 * The two verdicts that decide what happens to a delivery (DESIGN: "Two verdicts").
 * Anything else that is thrown counts as retryable until Pub/Sub's attempts run out.
 */

/** What every verdict carries: a stable code for machines and a sentence for the person who reads the row. */
export interface VerdictDetails {
  readonly code: string;
  readonly cause?: unknown;
}

/** Trying again cannot help: the row shows the message, the delivery is acknowledged. */
export class PermanentError extends Error {
  readonly code: string;

  constructor(message: string, details: VerdictDetails) {
    super(message, { cause: details.cause });
    this.name = "PermanentError";
    this.code = details.code;
  }
}

/** The consultant's Google access is gone; nothing works until they connect again. */
export class NeedsReconnectError extends PermanentError {
  readonly userId: string;

  constructor(message: string, details: VerdictDetails & { readonly userId: string }) {
    super(message, details);
    this.name = "NeedsReconnectError";
    this.userId = details.userId;
  }
}

/** Trying again later may help: the delivery is refused and Pub/Sub backs off. */
export class RetryableError extends Error {
  readonly code: string;
  /** What the provider asked us to wait, when it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: VerdictDetails & { readonly retryAfterMs?: number }) {
    super(message, { cause: details.cause });
    this.name = "RetryableError";
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Turns anything that was thrown into an Error, once, at the edge that caught it. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown value of type ${typeof thrown}`, { cause: thrown });
}

/** What a row may say of an error: a verdict's own words; any other's might hold what nobody should read there. */
export function sentenceOf(thrown: unknown): string {
  const isVerdict = thrown instanceof PermanentError || thrown instanceof RetryableError;
  return isVerdict ? thrown.message : "Something unexpected happened; the function's log says what.";
}
