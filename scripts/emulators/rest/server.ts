import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { CallLog } from "./call-log.ts";
import { controlOperations } from "./control.ts";
import type { Emulator, EmulatorClock, Principal, TokenAuthority } from "./emulator.ts";
import type { ErrorShape } from "./errors.ts";
import { GoogleError, invalid } from "./errors.ts";
import type { Fault } from "./faults.ts";
import { FaultList } from "./faults.ts";
import type { Operation, Reply } from "./operation.ts";
import { partialResponse } from "./partial-response.ts";
import { respond, respondDamaged } from "./respond.ts";
import { authenticate, readBody, screenPrincipal, screenQuery } from "./screen.ts";

export interface RestServer extends Emulator {
  readonly faults: FaultList;
  readonly calls: CallLog;
  /** Serves a connection that was made to another port. */
  accept(connection: Socket): void;
}

export interface RestServerOptions<State> {
  /** Names the emulator in its not-implemented answers. */
  readonly name: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly operations: readonly Operation<State>[];
  /** Further control calls, under `/emulator/`; reached without auth, faults or a record. */
  readonly control?: readonly Operation<State>[];
  readonly state: State;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  readonly errorShape?: ErrorShape;
  /** Empties the state; part of `reset()`. */
  readonly onReset?: () => void;
}

interface Route<State> {
  readonly operation: Operation<State>;
  readonly pattern: URLPattern;
  readonly isControl: boolean;
}

interface Context<State> {
  readonly options: RestServerOptions<State>;
  readonly routes: readonly Route<State>[];
  readonly faults: FaultList;
  readonly calls: CallLog;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** Starts one HTTP API on the loopback: authenticate, detect, screen, run. */
export async function startRestServer<State>(options: RestServerOptions<State>): Promise<RestServer> {
  const faults = new FaultList();
  const calls = new CallLog();
  const reset = (): void => {
    faults.clear();
    calls.clear();
    options.onReset?.();
  };
  const control = [...(options.control ?? []), ...controlOperations<State>({ faults, calls, reset })];
  const routes = [...control.map((item) => route(item, true)), ...options.operations.map((item) => route(item, false))];
  const context: Context<State> = { options, routes, faults, calls };
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000 }, (request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    void serve(context, { request, response, url });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const accept = (connection: Socket): void => void server.emit("connection", connection);
  return { url: `http://127.0.0.1:${port}`, faults, calls, accept, stop, reset };
}

function route<State>(operation: Operation<State>, isControl: boolean): Route<State> {
  return { operation, pattern: new URLPattern({ pathname: operation.path }), isControl };
}

async function serve<State>(context: Context<State>, exchange: Exchange): Promise<void> {
  const { options, faults, calls } = context;
  const { request, response, url } = exchange;
  const found = context.routes.find(
    (candidate) => candidate.operation.method === request.method && candidate.pattern.test({ pathname: url.pathname }),
  );
  if (found?.isControl === true) {
    const { reply } = await answer(context, exchange, found);
    await respond(response, reply);
    return;
  }
  const operation = found?.operation.name ?? `${request.method} ${url.pathname}`;
  const fault = faults.take(operation);
  if (fault?.kind === "drop_request") {
    calls.record({ operation, status: 0, at: options.clock.now(), principal: null });
    request.socket.destroy();
    return;
  }
  if (fault?.kind === "delay") {
    await new Promise<void>((resolve) => options.clock.after(fault.delayMs ?? 1_000, resolve));
  }
  const { reply, principal } =
    fault?.kind === "status"
      ? { reply: faultReply(context, fault), principal: null }
      : await answer(context, exchange, found);
  const dropped = fault?.kind === "drop_reply";
  calls.record({ operation, status: dropped ? 0 : reply.status, at: options.clock.now(), principal });
  if (dropped) request.socket.destroy();
  else if (fault?.kind === "truncate" || fault?.kind === "corrupt") await respondDamaged(response, reply, fault);
  else await respond(response, reply);
  // An unread rest of the body would block the next request on this connection.
  request.resume();
}

async function answer<State>(
  context: Context<State>,
  exchange: Exchange,
  found: Route<State> | undefined,
): Promise<{ reply: Reply; principal: Principal | null }> {
  let principal: Principal | null = null;
  try {
    if (found === undefined) throw notImplemented(context, exchange);
    const { operation } = found;
    if (operation.anonymous !== true) principal = authenticate(exchange.request, context.options.authority);
    screenPrincipal(operation, principal);
    screenQuery(operation, exchange.url.searchParams);
    const body = await readBody(operation, exchange.request);
    const { request, url } = exchange;
    const headers = new Headers(Object.entries(request.headersDistinct).flatMap(([key, values]) => pairs(key, values)));
    const params = pathParameters(found, url);
    const rawBody = (): Promise<Buffer> => buffer(request);
    const call = { params, query: url.searchParams, headers, body, rawBody, request, principal, url };
    const reply = await operation.run(call, context.options.state);
    return { reply: selected(reply, url), principal };
  } catch (error) {
    return { reply: errorReply(context, error), principal };
  }
}

function pathParameters<State>({ pattern }: Route<State>, url: URL): Record<string, string> {
  const groups = pattern.exec({ pathname: url.pathname })?.pathname.groups ?? {};
  const entries = Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value ?? "")] as const);
  return Object.fromEntries(entries);
}

function pairs(name: string, values: readonly string[] = []): [string, string][] {
  return values.map((value) => [name, value]);
}

/** Applies the common parameter `fields` to a successful JSON answer. */
function selected(reply: Reply, url: URL): Reply {
  const fields = url.searchParams.get("fields") ?? url.searchParams.get("$fields");
  if (fields === null || reply.json === undefined || reply.status >= 300) return reply;
  try {
    return { ...reply, json: partialResponse(JSON.parse(JSON.stringify(reply.json)), fields) };
  } catch (error) {
    throw error instanceof SyntaxError ? invalid(error.message, "invalidParameter") : error;
  }
}

function notImplemented<State>(context: Context<State>, { request, url }: Exchange): GoogleError {
  const message = `The ${context.options.name} emulator does not implement ${request.method} ${url.pathname}`;
  return new GoogleError(501, "notImplemented", message, "UNIMPLEMENTED");
}

function errorReply<State>(context: Context<State>, error: unknown): Reply {
  // Anything else is a mistake in the emulator: its text must reach whoever runs the test.
  const known = error instanceof GoogleError ? error : new GoogleError(500, "backendError", String(error));
  return { status: known.status, headers: known.headers, json: known.render(context.options.errorShape ?? "legacy") };
}

function faultReply<State>(context: Context<State>, fault: Fault): Reply {
  const status = fault.status ?? 503;
  const wait = fault.retryAfterSeconds;
  const headers = wait === undefined ? {} : { "retry-after": String(wait) };
  if (fault.body !== undefined) {
    const type = fault.contentType ?? "text/html; charset=UTF-8";
    return { status, headers: { ...headers, "content-type": type }, bytes: Buffer.from(fault.body) };
  }
  const error = new GoogleError(
    status,
    fault.reason ?? "backendError",
    `Fault set on the ${context.options.name} emulator`,
  );
  return { ...errorReply(context, error), headers };
}
