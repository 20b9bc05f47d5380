import type { z } from "zod";

/** The two bodies in use: `legacy` (Calendar, Drive, Storage) and `rpc` (Meet, Workspace Events, Speech, …). */
export type ErrorShape = "legacy" | "rpc";

/** google.rpc.Code names by HTTP status; the mapping of googleapis' google/rpc/code.proto. */
const RPC_STATUS: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  416: "OUT_OF_RANGE",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** Legacy reasons that do not belong to the domain `global`. */
const USAGE_LIMIT_REASONS = new Set([
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "quotaExceeded",
  "dailyLimitExceeded",
]);

/** An answer Google would give instead of a result. Throw it from an operation. */
export class GoogleError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly rpcStatus: string | undefined;
  /** Extra response headers, `Retry-After` for one. */
  headers: Readonly<Record<string, string>> = {};

  constructor(status: number, reason: string, message: string, rpcStatus?: string) {
    super(message);
    this.name = "GoogleError";
    this.status = status;
    this.reason = reason;
    this.rpcStatus = rpcStatus;
  }

  /** The response body in one of Google's two shapes. */
  render(shape: ErrorShape): unknown {
    const { status: code, reason, message } = this;
    const status = this.rpcStatus ?? RPC_STATUS[code] ?? "UNKNOWN";
    if (shape === "rpc") {
      const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" };
      return { error: { code, message, status, details: [info] } };
    }
    const domain = USAGE_LIMIT_REASONS.has(reason) ? "usageLimits" : "global";
    const named = this.rpcStatus === undefined ? {} : { status };
    return { error: { code, message, errors: [{ domain, reason, message }], ...named } };
  }
}

export const notFound = (message = "Not Found"): GoogleError => new GoogleError(404, "notFound", message);

export const invalid = (message: string, reason = "invalid"): GoogleError => new GoogleError(400, reason, message);

/** A body that its operation does not know, in the words of Google's JSON parser. */
export function invalidBody(error: z.ZodError): GoogleError {
  const lines = error.issues.map((issue) => {
    const at = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return `Invalid value at '${at}': ${issue.message}`;
    return issue.keys.map((key) => `Unknown name "${key}" at '${at}': Cannot find field.`).join("\n");
  });
  return new GoogleError(400, "badRequest", `Invalid JSON payload received. ${lines.join("\n")}`, "INVALID_ARGUMENT");
}
