import { headerOf } from "#google/header.ts";
import { shortened } from "#kernel/text.ts";
import { asError, NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";

/** Which API was called, and for whom when it was called with a consultant's token. */
export interface GoogleCall {
  /** As people write it: `Calendar`, `Meet`, `Drive`. */
  readonly api: string;
  readonly userId?: string;
}

type Verdict = "permanent" | "retry" | "reconnect";

interface Rule {
  readonly verdict: Verdict;
  readonly code: string;
  readonly says: string;
}

const BUSY: Rule = { verdict: "retry", code: "google_rate_limited", says: "asks us to slow down" };
const DOWN: Rule = { verdict: "retry", code: "google_unavailable", says: "is not available" };
const SIGNED_OUT: Rule = { verdict: "reconnect", code: "google_signed_out", says: "no longer accepts the access" };
const SCOPE: Rule = { verdict: "reconnect", code: "google_scope_missing", says: "was not allowed by the consultant" };
const DISABLED: Rule = { verdict: "retry", code: "google_api_disabled", says: "is not enabled in our Cloud project" };
const CLIENT: Rule = { verdict: "retry", code: "google_oauth_client", says: "does not accept our OAuth client" };
const FORBIDDEN: Rule = { verdict: "permanent", code: "google_forbidden", says: "does not allow this" };
const REFUSED: Rule = { verdict: "permanent", code: "google_refused", says: "refused the request" };
const MISSING: Rule = { verdict: "permanent", code: "google_not_found", says: "does not know what we asked for" };
const CONFLICT: Rule = { verdict: "permanent", code: "google_conflict", says: "reports a conflict" };
const MOVED_ON: Rule = { verdict: "retry", code: "google_changed", says: "has a newer version than we knew" };

/** Google's `reason`, RPC status or OAuth `error`; stronger than the HTTP status, which is often a plain 403. */
const BY_REASON: Readonly<Record<string, Rule>> = {
  rateLimitExceeded: BUSY,
  userRateLimitExceeded: BUSY,
  sharingRateLimitExceeded: BUSY,
  quotaExceeded: BUSY,
  dailyLimitExceeded: BUSY,
  RATE_LIMIT_EXCEEDED: BUSY,
  RESOURCE_EXHAUSTED: BUSY,
  backendError: DOWN,
  authError: SIGNED_OUT,
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: SCOPE,
  insufficientPermissions: SCOPE,
  accessNotConfigured: DISABLED,
  SERVICE_DISABLED: DISABLED,
  invalid_grant: SIGNED_OUT,
  invalid_rapt: SIGNED_OUT,
  admin_policy_enforced: SIGNED_OUT,
  invalid_client: CLIENT,
  unauthorized_client: CLIENT,
  deleted_client: CLIENT,
  temporarily_unavailable: DOWN,
  internal_failure: DOWN,
};

const BY_STATUS: Readonly<Record<number, Rule>> = {
  401: SIGNED_OUT,
  403: FORBIDDEN,
  404: MISSING,
  408: DOWN,
  409: CONFLICT,
  410: MISSING,
  412: MOVED_ON,
  425: DOWN,
  429: BUSY,
};

/** gax clients report google.rpc.Code instead of an HTTP status. */
const BY_RPC_CODE: Readonly<Record<number, Rule>> = {
  1: DOWN,
  2: DOWN,
  3: REFUSED,
  4: DOWN,
  5: MISSING,
  6: CONFLICT,
  7: FORBIDDEN,
  8: BUSY,
  9: REFUSED,
  10: MOVED_ON,
  11: REFUSED,
  12: REFUSED,
  13: DOWN,
  14: DOWN,
  15: DOWN,
  16: SIGNED_OUT,
};

const MAX_RPC_CODE = 16;
/** The longest piece of Google's own words that goes on a booking row. */
const MAX_WORDS = 160;

/**
 * Turns whatever a Google client threw into a verdict, and leaves our own verdicts as they are.
 * A lost access becomes `NeedsReconnectError` for a consultant's call; for a service account it is ours to mend,
 * so it is retried. Without an answer from Google (network, timeout) it is retried too.
 */
export function googleError(thrown: unknown, call: GoogleCall): Error {
  const error = asError(thrown);
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  const answer = answerOf(error);
  const rule = ruleOf(answer);
  const message = `Google ${call.api} ${rule.says}${detailOf(answer)}.`;
  const details = { code: rule.code, cause: error };
  if (rule.verdict === "permanent") return new PermanentError(message, details);
  if (rule.verdict === "reconnect" && call.userId !== undefined) {
    return new NeedsReconnectError(`${message} Connect Google again.`, { ...details, userId: call.userId });
  }
  return new RetryableError(message, { ...details, ...retryAfter(error) });
}

/** The HTTP status Google answered with, or null when there was no answer. */
export function httpStatusOf(thrown: unknown): number | null {
  return answerOf(asError(thrown)).status;
}

/** Google's own reason (`duplicate`, `notFound` …), or null. */
export function reasonOf(thrown: unknown): string | null {
  return answerOf(asError(thrown)).reasons[0] ?? null;
}

interface Answer {
  readonly status: number | null;
  readonly rpcCode: number | null;
  /** Most specific first. */
  readonly reasons: readonly string[];
  readonly words: string | null;
}

function ruleOf({ status, rpcCode, reasons }: Answer): Rule {
  // A reason never turns a server's failure into ours.
  if (status !== null && status >= 500) return DOWN;
  const reason = reasons.find((one) => Object.hasOwn(BY_REASON, one));
  const known = reason === undefined ? undefined : BY_REASON[reason];
  // A 401 is about who asks: the consultant, unless it names our own client.
  if (status === 401) return known === CLIENT ? CLIENT : SIGNED_OUT;
  if (known !== undefined) return known;
  if (status !== null) return BY_STATUS[status] ?? REFUSED;
  return rpcCode === null ? DOWN : (BY_RPC_CODE[rpcCode] ?? DOWN);
}

function detailOf({ status, rpcCode, reasons, words }: Answer): string {
  const parts = [status ?? (rpcCode === null ? "no answer" : `code ${rpcCode}`), reasons[0], words];
  return ` (${parts.filter((part) => part !== undefined && part !== null).join(", ")})`;
}

/** Reads the three shapes: gaxios with Google's body, gaxios with an OAuth body, gax and Storage errors. */
function answerOf(error: Error): Answer {
  const response = recordOf(recordOf(error)["response"]);
  const body = recordOf(response["data"]);
  const code = numberOf(recordOf(error)["code"]);
  const rpcCode = code !== null && code <= MAX_RPC_CODE && response["status"] === undefined ? code : null;
  const status =
    numberOf(response["status"]) ?? (rpcCode === null ? (numberOf(recordOf(error)["status"]) ?? code) : null);
  if (typeof body["error"] === "string") {
    return { status, rpcCode, reasons: [textOf(body["error_subtype"]), body["error"]].filter(isText), words: null };
  }
  const inner = recordOf(body["error"]);
  const entries = [...listOf(inner["errors"]), ...listOf(inner["details"]), ...listOf(recordOf(error)["errors"])];
  const reasons = [...entries.map((entry) => textOf(recordOf(entry)["reason"])), textOf(inner["status"])].filter(
    isText,
  );
  const words = textOf(inner["message"]);
  return {
    status,
    rpcCode,
    reasons,
    words: words === null ? null : shortened(words.replaceAll(/\s+/g, " "), MAX_WORDS),
  };
}

/** `Retry-After` in seconds or as a date, the latter measured on Google's own clock. */
function retryAfter(error: Error): { retryAfterMs?: number } {
  const headers = recordOf(recordOf(error)["response"])["headers"];
  const value = headerOf(headers, "retry-after") ?? "";
  if (/^\d{1,6}$/.test(value)) return { retryAfterMs: Number(value) * 1000 };
  const wait = Date.parse(value) - Date.parse(headerOf(headers, "date") ?? "");
  return Number.isFinite(wait) && wait > 0 ? { retryAfterMs: wait } : {};
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const isText = (value: string | null): value is string => value !== null;

function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : null;
}
