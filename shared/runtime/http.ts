import type { Request, Response } from "@google-cloud/functions-framework";
import { asError } from "#kernel/verdicts.ts";
import { type Logger, safeErrorText } from "#runtime/logger.ts";

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
      log.error({ traceId: traceIdOf(request), error: safeErrorText(asError(thrown)) }, "the request failed");
      if (!response.headersSent) response.status(503).end();
    }
  };
}

/** The W3C trace id of a request, or a new one. */
export function traceIdOf(request: Request): string {
  const parent = request.get("traceparent")?.split("-")[1];
  const cloud = request.get("x-cloud-trace-context")?.split("/")[0];
  return [parent, cloud].find(isTraceId) ?? crypto.randomUUID().replaceAll("-", "");
}

export function isTraceId(id: string | undefined): id is string {
  return id !== undefined && /^[0-9a-f]{32}$/.test(id);
}

/** The request's body as text, for a digest; never logged. */
export function rawBodyText(request: Request): string {
  return request.rawBody?.toString("utf8") ?? "";
}

/** A refusal that tells an outsider nothing. */
export function refuse(response: Response, status: 400 | 401 | 403 | 404 | 405): void {
  response.status(status).type("text/plain").send("");
}
