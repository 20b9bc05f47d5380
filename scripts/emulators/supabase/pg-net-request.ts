/** A row of `net.http_request_queue`. */
export interface PgNetRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string> | null;
  readonly body: Buffer | null;
  readonly timeout_milliseconds: number;
}

/** A row of `net._http_response`. */
export interface PgNetResponse {
  readonly id: string;
  readonly statusCode: number | null;
  readonly contentType: string | null;
  readonly headers: Record<string, string> | null;
  readonly content: string | null;
  readonly timedOut: boolean | null;
  readonly error: string | null;
}

const userAgent = "pg_net/0.20.0";
const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Sends one queued request. Never throws: like pg_net's, a failure is a row with `error_msg`. */
export async function sendPgNetRequest(request: PgNetRequest, signal: AbortSignal): Promise<PgNetResponse> {
  const failed = { id: request.id, statusCode: null, contentType: null, headers: null, content: null };
  const deadline = AbortSignal.timeout(request.timeout_milliseconds);
  try {
    requireLoopback(request.url);
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers: { "user-agent": userAgent, ...request.headers },
      signal: AbortSignal.any([signal, deadline]),
      // libcurl follows redirects; a redirect off the loopback must not leave this machine.
      redirect: "manual",
      ...(request.body && { body: new Uint8Array(request.body) }),
    });
    return {
      id: request.id,
      statusCode: response.status,
      contentType: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      // Postgres text cannot hold U+0000.
      content: (await response.text()).replaceAll("\0", ""),
      timedOut: false,
      error: null,
    };
  } catch (error) {
    if (deadline.aborted) {
      const message = `Timeout of ${request.timeout_milliseconds} ms reached.`;
      return { ...failed, timedOut: true, error: message };
    }
    return { ...failed, timedOut: null, error: reasonOf(error) };
  }
}

function requireLoopback(url: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error(`Protocol "${protocol}" not supported`);
  if (!loopback.has(hostname)) throw new Error(`Couldn't resolve host: the stand-in only reaches this machine`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
