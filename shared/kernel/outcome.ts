/** What a handler reports when it returns; expected results are returned, surprises are thrown. */
export type Outcome =
  /** The state of the world now agrees with the row. */
  | { readonly kind: "done"; readonly detail?: string }
  /** Nothing to do, and that is normal: a duplicate, a stale message, a meeting that is not ours. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** The row now says what is wrong and what to do; delivery stops here. */
  | { readonly kind: "parked"; readonly code: string; readonly reason: string };

export const done = (detail?: string): Outcome => (detail === undefined ? { kind: "done" } : { kind: "done", detail });
export const ignored = (reason: string): Outcome => ({ kind: "ignored", reason });
export const parked = (code: string, reason: string): Outcome => ({ kind: "parked", code, reason });
