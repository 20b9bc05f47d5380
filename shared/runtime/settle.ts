import { performance } from "node:perf_hooks";
import { assertNever } from "#kernel/exhaustive.ts";
import type { Outcome } from "#kernel/outcome.ts";
import { asError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { type LogFields, type Logger, safeErrorText } from "#runtime/logger.ts";
import { describeRun } from "#runtime/run-context.ts";

/** How a run ended, as the caller must hear it. */
export type Settlement =
  | { readonly kind: "acknowledge" }
  /** No retry can help and the handler did not park it: the delivery ends, the refusal is recorded. */
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "retry"; readonly retryAfterMs: number | undefined };

/** Runs a handler once, writes its one log line, and turns its outcome or error into a settlement. */
export async function settle(run: () => Promise<Outcome>, log: Logger, fields: LogFields): Promise<Settlement> {
  const startedAt = performance.now();
  const timed = (): LogFields => ({ ...fields, durationMs: Math.round(performance.now() - startedAt) });
  try {
    const outcome = await run();
    describeRun({ outcome: outcome.kind, ...(outcome.kind === "parked" && { code: outcome.code }) }, null);
    logOutcome(outcome, log, timed());
    return { kind: "acknowledge" };
  } catch (thrown) {
    const error = asError(thrown);
    if (error instanceof PermanentError) {
      describeRun({ outcome: "refused" }, error.code);
      log.error({ ...timed(), outcome: "refused", code: error.code, error: safeErrorText(error) }, "permanent failure");
      return { kind: "refuse", reason: `${error.code}: ${safeErrorText(error)}` };
    }
    const code = error instanceof RetryableError ? error.code : "unexpected";
    describeRun({ outcome: "retry" }, code);
    log.warn({ ...timed(), outcome: "retry", code, error: safeErrorText(error), at: origin(error) }, "will be retried");
    return { kind: "retry", retryAfterMs: error instanceof RetryableError ? error.retryAfterMs : undefined };
  }
}

function logOutcome(outcome: Outcome, log: Logger, fields: LogFields): void {
  switch (outcome.kind) {
    case "done":
      log.info({ ...fields, outcome: "done", detail: outcome.detail }, "done");
      break;
    case "ignored":
      log.info({ ...fields, outcome: "ignored", reason: outcome.reason }, "nothing to do");
      break;
    case "parked":
      log.warn({ ...fields, outcome: "parked", code: outcome.code, reason: outcome.reason }, "parked");
      break;
    default:
      assertNever(outcome);
  }
}

/** Where an unexpected error came from: the first frame of its stack, without the message. */
function origin(error: Error): string | undefined {
  return error.stack
    ?.split("\n")
    .find((line) => line.trimStart().startsWith("at "))
    ?.trim();
}
