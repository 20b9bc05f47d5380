import type { Request, Response } from "@google-cloud/functions-framework";

/** What the framework calls: exactly two parameters, so that it is treated as an HTTP function. */
export type HttpFunction = (request: Request, response: Response) => Promise<void>;

/** The W3C trace id of a request, or a new one. */
export function traceIdOf(request: Request): string {
  const parent = request.get("traceparent")?.split("-")[1];
  const cloud = request.get("x-cloud-trace-context")?.split("/")[0];
  return (
    [parent, cloud].find((id) => id !== undefined && /^[0-9a-f]{32}$/.test(id)) ??
    crypto.randomUUID().replaceAll("-", "")
  );
}

/** The request's body as text, for a digest; never logged. */
export function rawBodyText(request: Request): string {
  return request.rawBody?.toString("utf8") ?? "";
}

/** A refusal that tells an outsider nothing. */
export function refuse(response: Response, status: 400 | 401 | 403 | 404 | 405): void {
  response.status(status).type("text/plain").send("");
}
