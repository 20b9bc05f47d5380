import type { Request as FrameworkRequest, Response as FrameworkResponse } from "@google-cloud/functions-framework";
import type { HttpFunction } from "#runtime/http.ts";

/** What a router that speaks the web's own types offers. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** Lets a router of web `Request` and `Response` serve a framework function; the caller's host is not believed. */
export function makeFetchFunction(serve: Fetch): HttpFunction {
  return async (request, response) => reply(response, await serve(webRequest(request)));
}

function webRequest(request: FrameworkRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
  }
  const bodiless = request.method === "GET" || request.method === "HEAD";
  const body = bodiless || request.rawBody === undefined ? {} : { body: new Uint8Array(request.rawBody) };
  // One slash at the front, so that `//host/path` stays a path.
  const path = `/${request.originalUrl.replace(/^\/+/, "")}`;
  return new Request(`http://function${path}`, { method: request.method, headers, ...body });
}

async function reply(response: FrameworkResponse, answer: Response): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of answer.headers) if (name !== "set-cookie") response.setHeader(name, value);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.end(Buffer.from(await answer.arrayBuffer()));
}
