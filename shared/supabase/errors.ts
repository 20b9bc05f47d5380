import { PermanentError, RetryableError } from "#kernel/verdicts.ts";

/**
 * SQLSTATE classes and PostgREST codes that no retry can mend: the data is wrong. A missing function, column or right
 * (42, PGRST2) is not among them: it is a release under way, and the work must wait for it.
 */
const PERMANENT = [/^22/, /^23/, /^P0001$/, /^PT4/, /^PGRST1/];

/** Turns supabase-js's error object into a verdict; an empty code is a network failure. */
export function databaseError(error: { readonly code?: string; readonly message: string }): Error {
  const code = error.code ?? "";
  const details = { code: `database_${code === "" ? "unreachable" : code}`, cause: error };
  return PERMANENT.some((pattern) => pattern.test(code))
    ? new PermanentError(`the database refused a statement (${code})`, details)
    : new RetryableError(`the database could not answer (${code === "" ? "no connection" : code})`, details);
}
