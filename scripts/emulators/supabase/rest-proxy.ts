import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Admission } from "./api-keys.ts";
import { type ApiRole, type SigningKeys, signRoleToken } from "./signing-keys.ts";

export interface ForwardedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admission: Exclude<Admission, { kind: "refused" }>;
  /** Path and query behind `/rest/v1`. */
  readonly path: string;
  /** Let the call run, then close the connection without an answer. */
  readonly drop: boolean;
}

export interface RestProxy {
  /** Settles when the answer is on its way, or the connection is gone. */
  forward(call: ForwardedCall): Promise<void>;
  close(): void;
}

/** A role token lives for a minute; half of it is spared for the call itself. */
const reuseTokenMs = 30_000;

/** Passes calls on to PostgREST with a token in place of the API key. */
export function createRestProxy(postgrestUrl: string, keys: SigningKeys): RestProxy {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const tokens = new Map<ApiRole, { token: Promise<string>; until: number }>();
  const roleToken = (role: ApiRole): Promise<string> => {
    const known = tokens.get(role);
    if (known && known.until > performance.now()) return known.token;
    const token = signRoleToken(keys, role);
    tokens.set(role, { token, until: performance.now() + reuseTokenMs });
    return token;
  };
  return {
    async forward(call) {
      const { admission } = call;
      const token = admission.kind === "user" ? admission.token : await roleToken(admission.role);
      await pass(call, { url: new URL(postgrestUrl), agent, token });
    },
    close: () => agent.destroy(),
  };
}

interface Upstream {
  readonly url: URL;
  readonly agent: Agent;
  readonly token: string;
}

function pass({ request, response, path, drop }: ForwardedCall, { url, agent, token }: Upstream): Promise<void> {
  const { apikey: _apikey, host: _host, connection: _connection, ...headers } = request.headers;
  return new Promise((resolve) => {
    const upstream = httpRequest(
      {
        agent,
        host: url.hostname,
        port: url.port,
        path,
        method: request.method,
        headers: { ...headers, authorization: `Bearer ${token}` },
      },
      (answer) => {
        if (drop) {
          answer.resume().once("end", () => response.destroy());
          return resolve();
        }
        const { connection: _hop, "keep-alive": _alive, ...answerHeaders } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, answerHeaders);
        answer.pipe(response);
        // PostgREST died in the middle of its answer: the caller must see a broken one, not a short one.
        answer.once("error", () => response.destroy());
        resolve();
      },
    );
    upstream.once("error", () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(503, { "content-type": "application/json" }).end('{"message":"Service unavailable"}');
      resolve();
    });
    response.once("close", () => {
      if (!response.writableFinished && !drop) upstream.destroy();
    });
    request.pipe(upstream);
  });
}
