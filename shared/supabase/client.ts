import { PostgrestClient } from "@supabase/postgrest-js";
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Secret } from "#kernel/secret.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { Database } from "#supabase/database.types.ts";
import { databaseError } from "#supabase/errors.ts";

/** What a supabase-js client can do in the database; the functions need nothing else of it. */
export type Supabase = Pick<SupabaseClient<Database>, "from" | "rpc" | "schema">;

/** PostgREST ends a statement after 8 s; a little more lets its own error reach us. */
const REQUEST_TIMEOUT_MS = 10_000;

/** One stateless client per process, acting as service_role: the part of supabase-js that talks to the database. */
export function makeSupabase(project: { readonly url: string; readonly secretKey: Secret }): Supabase {
  const key = project.secretKey.reveal();
  return new PostgrestClient<Database>(`${project.url.replace(/\/$/, "")}/rest/v1`, {
    // As supabase-js sends them.
    headers: { apikey: key, authorization: `Bearer ${key}` },
    schema: "public",
    fetch: (input, init) => fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS) }),
  });
}

/** The data of a supabase-js answer; its error, which the client returns and never throws, becomes a verdict. */
export function dataOf<Data>(answer: {
  readonly data: Data;
  readonly error: { readonly code?: string; readonly message: string } | null;
}): NonNullable<Data> {
  if (answer.error !== null) throw databaseError(answer.error);
  if (answer.data === null || answer.data === undefined) {
    throw new RetryableError("the database answered without data", { code: "database_empty_answer" });
  }
  return answer.data;
}

/** The same for calls that answer nothing. */
export function assertWritten(answer: {
  readonly error: { readonly code?: string; readonly message: string } | null;
}): void {
  if (answer.error !== null) throw databaseError(answer.error);
}
