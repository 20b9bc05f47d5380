import { randomUUID } from "node:crypto";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import type { Account } from "./account-directory.ts";
import { decodeAuthError, encodeAuthError } from "./auth-error.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import { AUTHORIZATION_PARAMETERS, parseAuthorizationRequest } from "./authorization-request.ts";
import { renderConsentPage, renderErrorPage } from "./consent-page.ts";
import { ISSUER } from "./id-token.ts";
import { invalidRequest, OAuthError } from "./oauth-error.ts";
import type { OAuthState } from "./oauth-state.ts";
import { isSignInScope } from "./scopes.ts";

const path = "/o/oauth2/v2/auth";

/** Where Google sends a browser nobody is signed in with, and one whose request it does not accept. */
const signInPath = "/v3/signin/identifier";
const errorPath = "/signin/oauth/error";

/** accounts.google.com: the page that asks, and what its form sends. */
export const authorizationOperations: readonly Operation<OAuthState>[] = [
  {
    name: "oauth.authorize",
    method: "GET",
    path,
    query: AUTHORIZATION_PARAMETERS,
    anonymous: true,
    run: (call, state) => orErrorRedirect(call, () => ask(call, state)),
  },
  {
    name: "oauth.signIn",
    method: "GET",
    path: signInPath,
    query: ["flowName", "opparams"],
    anonymous: true,
    run: (call, state) => orErrorPage(() => showConsent(call, state)),
  },
  {
    name: "oauth.error",
    method: "GET",
    path: errorPath,
    query: ["authError", "client_id", "flowName"],
    anonymous: true,
    run: ({ query }) => {
      const error = decodeAuthError(query.get("authError") ?? "");
      return html(error.status, renderErrorPage(error));
    },
  },
  {
    name: "oauth.consent",
    method: "POST",
    path,
    query: [],
    anonymous: true,
    run: (call, state) => orErrorPage(() => decide(call, state)),
  },
];

async function orErrorPage(run: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof OAuthError) return html(thrown.status, renderErrorPage(thrown));
    throw thrown;
  }
}

/** The answer to a request that cannot be trusted says so on a page of Google's, never at the client's address. */
function orErrorRedirect({ query }: Call, run: () => Reply): Reply {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof OAuthError)) throw thrown;
    const parameters = new URLSearchParams({
      authError: encodeAuthError(thrown),
      client_id: query.get("client_id") ?? "",
      flowName: "GeneralOAuthFlow",
    });
    return { status: 302, headers: { location: `${errorPath}?${parameters}` } };
  }
}

/** Asks the user, unless everything was granted before and nobody wants to ask again. */
function ask(call: Call, state: OAuthState): Reply {
  const request = parseAuthorizationRequest(call.query, state.clients);
  const { accounts, grants, waiting } = state;
  // A hint for somebody who does not exist selects nobody: the form then fails, as signing in would.
  const selected = request.loginHint === null ? accounts.default() : accounts.byEmail(request.loginHint);
  const granted = selected === null ? null : grants.consent(selected.sub, request.clientId);
  const isGranted = request.scopes.every((scope) => granted?.scopes.includes(scope));
  const mustAsk = request.prompt.has("consent") || request.prompt.has("select_account");
  if (selected !== null && isGranted && !mustAsk) {
    return redirectWithCode(state, { request, account: selected, scopes: request.scopes, accessSeconds: null });
  }
  if (request.prompt.has("none")) return redirect(request, { error: "interaction_required" });
  const requestId = randomUUID();
  waiting.set(requestId, request);
  const parameters = new URLSearchParams({ opparams: requestId, flowName: "GeneralOAuthFlow" });
  return { status: 302, headers: { location: `${signInPath}?${parameters}` } };
}

/** Signing in and consenting are one page here. */
function showConsent({ query }: Call, { waiting, accounts }: OAuthState): Reply {
  const requestId = query.get("opparams") ?? "";
  const request = waiting.get(requestId);
  if (request === undefined) throw invalidRequest("This page has expired or was already answered.");
  const selected = request.loginHint === null ? accounts.default() : accounts.byEmail(request.loginHint);
  return html(200, renderConsentPage({ requestId, request, accounts: accounts.list(), selected }));
}

/** The form: `request`, `decision`, `account`, ticked `scope`s, and `access_seconds` for time-bound access. */
async function decide(call: Call, state: OAuthState): Promise<Reply> {
  const form = new URLSearchParams((await call.rawBody()).toString("utf8"));
  const requestId = form.get("request") ?? "";
  const request = state.waiting.get(requestId);
  if (request === undefined) throw invalidRequest("This page has expired or was already answered.");
  const account = state.accounts.byEmail(form.get("account") ?? "");
  if (form.get("decision") === "deny") {
    state.waiting.delete(requestId);
    return redirect(request, { error: "access_denied" });
  }
  if (form.get("decision") !== "approve") throw invalidRequest("Missing required parameter: decision");
  if (account === null) throw invalidRequest("Couldn't find your Google Account.");
  state.waiting.delete(requestId);
  const ticked = new Set(form.getAll("scope"));
  const scopes = request.scopes.filter((scope) => isSignInScope(scope) || ticked.has(scope));
  if (scopes.length === 0) return redirect(request, { error: "access_denied" });
  const seconds = Number(form.get("access_seconds") ?? 0);
  return redirectWithCode(state, { request, account, scopes, accessSeconds: seconds > 0 ? seconds : null });
}

interface Approval {
  readonly request: AuthorizationRequest;
  readonly account: Account;
  readonly scopes: readonly string[];
  readonly accessSeconds: number | null;
}

function redirectWithCode({ grants }: OAuthState, { request, account, scopes, accessSeconds }: Approval): Reply {
  const { clientId } = request;
  const { sub } = account;
  const isFirstConsent = grants.consent(sub, clientId) === null;
  const all = grants.addConsent({ sub, clientId, scopes });
  const grant = { sub, clientId, scopes: request.includeGrantedScopes ? all.scopes : scopes };
  // Google hands out a refresh token on the first consent only, unless it was made to ask again.
  const withRefreshToken = request.offline && (isFirstConsent || request.prompt.has("consent"));
  const code = grants.issueCode({ grant, request, withRefreshToken, accessSeconds });
  return redirect(request, {
    code,
    scope: grant.scopes.join(" "),
    authuser: "0",
    prompt: [...request.prompt].join(" "),
  });
}

function redirect(request: AuthorizationRequest, parameters: Record<string, string>): Reply {
  const url = new URL(request.redirectUri);
  const all = { iss: ISSUER, ...(request.state === null ? {} : { state: request.state }), ...parameters };
  for (const [name, value] of Object.entries(all)) if (value !== "") url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href } };
}

function html(status: number, text: string): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, bytes: Buffer.from(text) };
}
