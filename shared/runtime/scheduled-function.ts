import type { CallerVerifier } from "#ports/caller-verifier.ts";
import { type CheckedFunctionOptions, makeCheckedFunction } from "#runtime/checked-function.ts";
import type { HttpFunction } from "#runtime/http.ts";

export interface ScheduledFunctionOptions extends Omit<CheckedFunctionOptions, "mayCall"> {
  readonly callers: CallerVerifier;
}

/** An endpoint for Cloud Scheduler: 204 when the run ended well, 503 so that the job is tried again. */
export function makeScheduledFunction({ callers, ...options }: ScheduledFunctionOptions): HttpFunction {
  const mayCall: CheckedFunctionOptions["mayCall"] = async (header) =>
    (await callers.verify(header("authorization"))) !== null;
  return makeCheckedFunction({ ...options, mayCall });
}
