import type { Outcome } from "#kernel/outcome.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import { type CheckedFunctionOptions, makeCheckedFunction } from "#runtime/checked-function.ts";
import type { HttpFunction } from "#runtime/http.ts";

export interface ScheduledFunctionOptions extends Pick<CheckedFunctionOptions<unknown>, "log" | "tracing"> {
  readonly callers: CallerVerifier;
  readonly handle: () => Promise<Outcome>;
}

/** An endpoint for Cloud Scheduler: 204 when the run ended well, 503 so that the job is tried again. */
export function makeScheduledFunction({ callers, ...options }: ScheduledFunctionOptions): HttpFunction {
  return makeCheckedFunction({ ...options, callerOf: (header) => callers.verify(header("authorization")) });
}
