import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { GoogleConnectionStatus } from "#ports/google-connection-store.ts";
import type { SessionVerifier } from "#ports/session-verifier.ts";
import type { CallbackRequest, CallbackResult } from "./callback.ts";
import type { ConnectRequest } from "./connect.ts";
import type { DisconnectResult } from "./disconnect.ts";
import { nextPathWithin } from "./next-path.ts";
import {
  connectedPage,
  deniedPage,
  permissionsMissingPage,
  refreshTokenMissingPage,
  startAgainPage,
  tryLaterPage,
} from "./pages.ts";

/** What happened, for the log; ids only. */
export type Report = (outcome: { readonly step: string; readonly outcome: string; readonly userId?: string }) => void;

export interface HandlerDeps {
  readonly sessions: SessionVerifier;
  readonly connect: (request: ConnectRequest) => Promise<{ readonly cookie: string; readonly url: string }>;
  readonly callback: (request: CallbackRequest) => Promise<CallbackResult>;
  readonly disconnect: (userId: string) => Promise<DisconnectResult>;
  readonly status: (userId: string) => Promise<GoogleConnectionStatus | null>;
  /** The platform's own address: where `next` leads, and the one other origin that may call. */
  readonly appUrl: string | undefined;
  readonly cookieSeconds: number;
  readonly report: Report;
  readonly reportError: (error: Error, step: string) => void;
}

/** `__Host-`: a browser takes it only over TLS, for this host alone, from this host alone. */
const COOKIE = "__Host-google-connect";
const COOKIE_ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
/** A form with a session token; anything larger is nobody's. */
const MAX_FORM_BYTES = 32_768;

const HEADERS = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
});

/** The four routes of google-auth; whoever may not call one gets an empty 401, and everything else an empty 404. */
export function makeHandler(deps: HandlerDeps): Hono {
  const app = new Hono();
  app.use(HEADERS, async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  if (deps.appUrl !== undefined) {
    const origin = new URL(deps.appUrl).origin;
    app.use(cors({ origin, credentials: true, allowMethods: ["GET", "POST"], allowHeaders: ["authorization"] }));
  }
  app.on(["GET", "POST"], "/connect", (context) => connect(context, deps));
  app.get("/callback", (context) => callback(context, deps));
  app.get("/status", (context) => status(context, deps));
  app.post("/disconnect", (context) => disconnect(context, deps));
  app.notFound((context) => context.body(null, 404));
  app.onError((error, context) => {
    deps.reportError(error, context.req.path);
    return context.req.path === "/callback" ? context.html(tryLaterPage(), 503) : context.body(null, 503);
  });
  return app;
}

async function connect(context: Context, deps: HandlerDeps): Promise<Response> {
  const form = await readForm(context, deps);
  const userId = await callerOf(context, deps, form?.get("access_token") ?? null);
  if (userId === null) return context.body(null, 401);
  const next = form?.get("next") ?? context.req.query("next");
  const nextPath = next === undefined || deps.appUrl === undefined ? null : nextPathWithin(deps.appUrl, next);
  if (next !== undefined && nextPath === null) return context.json({ error: "next must be a path of the app" }, 400);
  const { cookie, url } = await deps.connect({ userId, nextPath, cookie: getCookie(context, COOKIE) });
  setCookie(context, COOKIE, cookie, { ...COOKIE_ATTRIBUTES, maxAge: deps.cookieSeconds });
  deps.report({ step: "connect", outcome: "begun", userId });
  const wantsJson = context.req.header("accept")?.includes("application/json") === true;
  return wantsJson ? context.json({ url }) : context.redirect(url, 302);
}

async function callback(context: Context, deps: HandlerDeps): Promise<Response> {
  const query = new URL(context.req.url).searchParams;
  const result = await deps.callback({ query, cookie: getCookie(context, COOKIE) });
  deps.report({
    step: "callback",
    outcome: result.kind,
    ...(result.kind === "connected" && { userId: result.userId }),
  });
  if (result.kind === "connected" && result.subscriptionProblem !== null) {
    deps.reportError(new Error(result.subscriptionProblem), "subscribe");
  }
  // The cookie of a flow that is over; a stranger's answer leaves it alone.
  if (result.kind === "connected") deleteCookie(context, COOKIE, COOKIE_ATTRIBUTES);
  switch (result.kind) {
    case "connected":
      return result.nextPath === null || deps.appUrl === undefined
        ? context.html(connectedPage(result.email))
        : context.redirect(new URL(result.nextPath, deps.appUrl).href, 303);
    case "denied":
      return context.html(deniedPage());
    case "permissions_missing":
      return context.html(permissionsMissingPage(result.permissions), 403);
    case "refresh_token_missing":
      return context.html(refreshTokenMissingPage(), 409);
    default:
      return context.html(startAgainPage(), 400);
  }
}

async function status(context: Context, deps: HandlerDeps): Promise<Response> {
  const userId = await callerOf(context, deps, null);
  if (userId === null) return context.body(null, 401);
  return context.json((await deps.status(userId)) ?? { state: "not_connected" });
}

async function disconnect(context: Context, deps: HandlerDeps): Promise<Response> {
  const userId = await callerOf(context, deps, null);
  if (userId === null) return context.body(null, 401);
  const result = await deps.disconnect(userId);
  deps.report({ step: "disconnect", outcome: result.kind, userId });
  if (result.kind === "revocation_pending") deps.reportError(new Error(result.problem), "revoke");
  return context.json({ state: result.kind === "not_connected" ? "not_connected" : "disconnected" });
}

/** The user behind the bearer token, or behind the form's token when the form was ours to accept. */
async function callerOf(context: Context, deps: HandlerDeps, formToken: string | null): Promise<string | null> {
  const token = /^Bearer (\S+)$/.exec(context.req.header("authorization") ?? "")?.[1] ?? formToken;
  return token === null ? null : ((await deps.sessions.verify(token))?.userId ?? null);
}

/**
 * A page of the app posts a form, since only a top-level navigation may set our cookie from another site. A form of
 * any other page is not read: it could tie the visitor's Google account to the attacker's user.
 */
async function readForm(context: Context, deps: HandlerDeps): Promise<URLSearchParams | null> {
  const isForm = context.req.header("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  if (context.req.method !== "POST" || !isForm || deps.appUrl === undefined) return null;
  if (context.req.header("origin") !== new URL(deps.appUrl).origin) return null;
  const text = await context.req.text();
  return text.length > MAX_FORM_BYTES ? null : new URLSearchParams(text);
}
