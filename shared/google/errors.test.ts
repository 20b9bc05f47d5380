import { describe, expect, it } from "vitest";
import { NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { googleError, httpStatusOf, reasonOf } from "./errors.ts";

/** What gaxios throws for an answer of Google. */
function refused(status: number, data: unknown, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(`Request failed with status code ${status}`), {
    status,
    response: { status, data, headers: new Headers(headers) },
  });
}

const body = (reason: string, status?: string) => ({
  error: { message: "Google's words", errors: [{ domain: "global", reason }], ...(status && { status }) },
});
const calendar = { api: "Calendar", userId: "u1" };

describe("the verdict on a Google error", () => {
  it.each([
    ["a rate limit told as 403", refused(403, body("rateLimitExceeded")), RetryableError, "google_rate_limited"],
    ["a rate limit of one user", refused(403, body("userRateLimitExceeded")), RetryableError, "google_rate_limited"],
    ["429", refused(429, {}), RetryableError, "google_rate_limited"],
    ["503 without a body", refused(503, "<html>"), RetryableError, "google_unavailable"],
    ["500 whatever its reason", refused(500, body("insufficientPermissions")), RetryableError, "google_unavailable"],
    ["a stale etag", refused(412, body("conditionNotMet")), RetryableError, "google_changed"],
    ["an API nobody enabled", refused(403, body("accessNotConfigured")), RetryableError, "google_api_disabled"],
    ["a wrong client secret", refused(401, { error: "invalid_client" }), RetryableError, "google_oauth_client"],
    ["a dead grant", refused(400, { error: "invalid_grant" }), NeedsReconnectError, "google_signed_out"],
    ["401", refused(401, body("authError")), NeedsReconnectError, "google_signed_out"],
    ["a missing scope", refused(403, body("insufficientPermissions")), NeedsReconnectError, "google_scope_missing"],
    ["a plain 403", refused(403, body("forbidden")), PermanentError, "google_forbidden"],
    ["a wrong request", refused(400, body("invalid")), PermanentError, "google_refused"],
    ["404", refused(404, body("notFound")), PermanentError, "google_not_found"],
    ["409", refused(409, body("duplicate")), PermanentError, "google_conflict"],
    [
      "a broken connection",
      Object.assign(new Error("x"), { code: "ECONNRESET" }),
      RetryableError,
      "google_unavailable",
    ],
    ["gax UNAVAILABLE", Object.assign(new Error("x"), { code: 14 }), RetryableError, "google_unavailable"],
    ["gax NOT_FOUND", Object.assign(new Error("x"), { code: 5 }), PermanentError, "google_not_found"],
    ["a Storage error", Object.assign(new Error("x"), { code: 404, errors: [] }), PermanentError, "google_not_found"],
    ["something else that was thrown", "boom", RetryableError, "google_unavailable"],
  ])("%s", (_name, thrown, verdict, code) => {
    const error = googleError(thrown, calendar);
    expect(error).toBeInstanceOf(verdict);
    expect(error).toMatchObject({ code });
  });

  it("is never a reconnect for a call that no consultant stands behind", () => {
    expect(googleError(refused(401, body("authError")), { api: "Speech" })).toBeInstanceOf(RetryableError);
  });

  it("reads a scope that is missing from the details of newer APIs", () => {
    const thrown = refused(403, {
      error: { status: "PERMISSION_DENIED", details: [{ reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }] },
    });
    expect(googleError(thrown, calendar)).toMatchObject({ code: "google_scope_missing", userId: "u1" });
  });

  it("leaves our own verdicts as they are", () => {
    const own = new NeedsReconnectError("gone", { code: "x", userId: "u1" });
    expect(googleError(own, calendar)).toBe(own);
  });

  it("keeps Google's words short and its cause at hand, and names the API", () => {
    const thrown = refused(400, { error: { message: "word ".repeat(200), errors: [{ reason: "invalid" }] } });
    const error = googleError(thrown, calendar);
    expect(error.message).toMatch(/^Google Calendar refused the request \(400, invalid, word/);
    expect(error.message.length).toBeLessThan(260);
    expect(error.cause).toBe(thrown);
  });

  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:30 GMT", date: "Fri, 20 Nov 2026 10:00:00 GMT" }, 30_000],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("waits as long as Google asks: %o", (headers, retryAfterMs) => {
    expect(googleError(refused(429, {}, headers as Record<string, string>), calendar)).toMatchObject({ retryAfterMs });
  });

  it("tells the status and reason that an adapter treats as an answer", () => {
    expect([httpStatusOf(refused(410, {})), httpStatusOf(new Error("socket"))]).toEqual([410, null]);
    expect([reasonOf(refused(409, body("duplicate"))), reasonOf(new Error("socket"))]).toEqual(["duplicate", null]);
  });
});
