import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json as readJson } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { CallLog } from "../rest/call-log.ts";
import type { Emulator } from "../rest/emulator.ts";
import { type Fault, FaultList } from "../rest/faults.ts";
import { type Admission, type ApiKeys, admit } from "./api-keys.ts";
import { type AuthContext, AuthError, authEndpoints } from "./auth-endpoints.ts";
import { authStore } from "./auth-store.ts";
import { controlCall, type GatewayState } from "./gateway-control.ts";
import { createRestProxy, type RestProxy } from "./rest-proxy.ts";
import { type SessionUser, type SigningKeys, signUserToken } from "./signing-keys.ts";

export interface GatewayOptions {
  /** Where PostgREST listens. */
  readonly postgrestUrl: string;
  /** As `supabase_auth_admin`. */
  readonly authDatabaseUrl: string;
  readonly keys: SigningKeys;
  readonly apiKeys: ApiKeys;
  /** 0 or absent: any free port. */
  readonly port?: number;
}

/** The project's one address, as `https://<ref>.supabase.co` is. */
export interface Gateway extends Emulator {
  readonly faults: FaultList;
  readonly calls: CallLog;
  /** An access token as sign-in would give, without a sign-in. */
  mintUserJwt(userId: string, email?: string): Promise<string>;
}

interface Context extends GatewayState {
  readonly apiKeys: ApiKeys;
  readonly proxy: RestProxy;
  auth: AuthContext;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

const authPrefix = "/auth/v1";
const restPrefix = "/rest/v1";
const crossOrigin = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
  "access-control-allow-headers":
    "authorization,apikey,content-type,prefer,x-client-info,accept-profile,content-profile,x-supabase-api-version",
};
const routes = authEndpoints.map((endpoint) => ({
  endpoint,
  pattern: new URLPattern({ pathname: authPrefix + endpoint.path }),
}));

/** Starts the gateway: API keys, `/rest/v1` in front of PostgREST, and the Auth endpoints we use. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const pool = new pg.Pool({ connectionString: options.authDatabaseUrl, max: 3, allowExitOnIdle: true });
  // A pooled connection that Postgres drops (crash, shutdown) is replaced by the next query.
  pool.on("error", () => undefined);
  const faults = new FaultList();
  const calls = new CallLog();
  const reset = () => {
    faults.clear();
    calls.clear();
  };
  const proxy = createRestProxy(options.postgrestUrl, options.keys);
  const auth = { store: authStore(pool), keys: options.keys, issuer: "" };
  const context: Context = { faults, calls, reset, apiKeys: options.apiKeys, proxy, auth };
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    const url = new URL(request.url ?? "/", "http://gateway");
    serve(context, { request, response, url }).catch((error) => fail(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  context.auth = { ...auth, issuer: url + authPrefix };
  return {
    url,
    faults,
    calls,
    reset,
    mintUserJwt(userId, email) {
      const user: SessionUser = { id: userId, email: email ?? null };
      return signUserToken(options.keys, context.auth.issuer, user);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      proxy.close();
      await pool.end();
    },
  };
}

async function serve(context: Context, exchange: Exchange): Promise<void> {
  const { request, response, url } = exchange;
  if (url.pathname.startsWith("/emulator/")) return controlCall(context, request, response);
  if (request.method === "OPTIONS") return void response.writeHead(204, crossOrigin).end();
  const operation = operationName(url.pathname, request.method ?? "GET");
  response.once("close", () => {
    const status = response.writableFinished ? response.statusCode : 0;
    context.calls.record({ operation, status, at: new Date(), principal: null });
  });
  const fault = context.faults.take(operation);
  if (fault && (await answeredByFault(fault, response))) return;
  const route = (): Promise<void> => (url.pathname.startsWith(restPrefix) ? rest : auth)(context, exchange, fault);
  await route();
}

/** True when the fault stands in for the call, which then never runs. */
async function answeredByFault(fault: Fault, response: ServerResponse): Promise<boolean> {
  if (fault.kind === "delay") await sleep(fault.delayMs ?? 0);
  if (fault.kind === "drop_request") response.destroy();
  if (fault.kind === "status") {
    const body = fault.body ?? JSON.stringify({ message: fault.reason ?? "emulated fault" });
    response.writeHead(fault.status ?? 503, { "content-type": fault.contentType ?? "application/json" }).end(body);
  }
  return fault.kind === "drop_request" || fault.kind === "status";
}

async function rest(context: Context, { request, response, url }: Exchange, fault: Fault | null): Promise<void> {
  const admission = admissionOf(request.headers, context.apiKeys);
  if (admission.kind === "refused") return refuse(response, admission);
  const path = url.pathname.slice(restPrefix.length) || "/";
  await context.proxy.forward({ request, response, admission, path: path + url.search, drop: drops(fault) });
}

async function auth(context: Context, { request, response, url }: Exchange, fault: Fault | null): Promise<void> {
  const match = findAuthEndpoint(url.pathname, request.method ?? "GET");
  if (!match) {
    const message = `Supabase stand-in: ${request.method} ${url.pathname} is not implemented`;
    return answer(response, 501, { message });
  }
  const { endpoint, params } = match;
  const admission = admissionOf(request.headers, context.apiKeys);
  if (admission.kind === "refused" && !endpoint.open) return refuse(response, admission);
  const body = request.method === "POST" ? await readJson(request).catch(() => ({})) : undefined;
  const reply = await endpoint.run({ admission, params, query: url.searchParams, body }, context.auth);
  if (drops(fault)) return void response.destroy();
  answer(response, reply.status, reply.json);
}

function drops(fault: Fault | null): boolean {
  return fault?.kind === "drop_reply";
}

function admissionOf(headers: IncomingHttpHeaders, keys: ApiKeys): Admission {
  const apikey = headers["apikey"];
  const presented = {
    apikey: Array.isArray(apikey) ? apikey[0] : apikey,
    authorization: headers.authorization,
    userAgent: headers["user-agent"],
  };
  return admit(presented, keys);
}

function findAuthEndpoint(pathname: string, method: string) {
  for (const { endpoint, pattern } of routes) {
    const match = endpoint.method === method ? pattern.exec({ pathname }) : null;
    if (match) return { endpoint, params: match.pathname.groups };
  }
  return undefined;
}

/** `rest.<table>`, `rpc.<function>`, or the name of the Auth endpoint: what a fault or a count refers to. */
function operationName(pathname: string, method: string): string {
  if (!pathname.startsWith(restPrefix)) return findAuthEndpoint(pathname, method)?.endpoint.name ?? "unknown";
  const [first = "", second = ""] = pathname.slice(restPrefix.length + 1).split("/");
  return first === "rpc" ? `rpc.${second}` : `rest.${first}`;
}

function refuse(response: ServerResponse, { message, hint }: { message: string; hint: string }): void {
  answer(response, 401, { message, hint });
}

function answer(response: ServerResponse, status: number, json?: unknown): void {
  const headers = { ...crossOrigin, "content-type": "application/json" };
  response.writeHead(status, headers).end(json === undefined ? undefined : JSON.stringify(json));
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
  } else if (error instanceof AuthError) {
    answer(response, error.status, { code: error.status, error_code: error.code, msg: error.message });
  } else {
    const message = error instanceof Error ? error.message : String(error);
    answer(response, 500, { code: 500, error_code: "unexpected_failure", msg: message });
  }
}
