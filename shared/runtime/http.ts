import type { Request, Response } from "@google-cloud/functions-framework";
import { isTraceId, parseTraceparent } from "#kernel/trace.ts";
import { asError } from "#kernel/verdicts.ts";
import { type Logger, safeErrorText } from "#runtime/logger.ts";
import { newTraceId } from "#runtime/run-context.ts";

/** What the framework calls: exactly two parameters, so that it is treated as an HTTP function. */
export type HttpFunction = (request: Request, response: Response) => Promise<void>;

/**
 * The last resort: whatever is thrown becomes one log line and an empty 503. The framework would answer with the
 * error's own text, and print it whole.
 */
export function guarded(log: Logger, serve: HttpFunction): HttpFunction {
  return async (request, response) => {
    try {
      await serve(request, response);
    } catch (thrown) {
      logFailure(log, thrown);
      if (!response.headersSent) response.status(503).end();
    }
  };
}

/** Anything thrown, as one line without its secrets. */
export function logFailure(log: Logger, thrown: unknown): void {
  log.error({ error: safeErrorText(asError(thrown)) }, "the request failed");
}

/** The trace that Google's front end began for a known caller's request, or a new one; a stranger may name any. */
export function traceOfRequest(request: Request): string {
  const parent = parseTraceparent(request.get("traceparent"))?.traceId;
  const cloud = request.get("x-cloud-trace-context")?.split("/")[0];
  return parent ?? (cloud !== undefined && isTraceId(cloud) ? cloud : newTraceId());
}

/** The request's body as text, for a digest; never logged. */
export function rawBodyText(request: Request): string {
  return request.rawBody?.toString("utf8") ?? "";
}

/** A refusal that tells an outsider nothing. */
export function refuse(response: Response, status: 400 | 401 | 403 | 404 | 405): void {
  response.status(status).type("text/plain").send("");
}
