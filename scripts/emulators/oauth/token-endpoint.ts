import { createHash, timingSafeEqual } from "node:crypto";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok } from "../rest/operation.ts";
import type { CodeChallenge, OAuthClient } from "./authorization-request.ts";
import type { Grant } from "./grant-store.ts";
import { ACCESS_TOKEN_SECONDS } from "./grant-store.ts";
import { invalidClient, invalidGrant, invalidRequest, OAuthError } from "./oauth-error.ts";
import type { OAuthState } from "./oauth-state.ts";
import { EMAIL_SCOPE, PROFILE_SCOPE } from "./scopes.ts";

type GrantHandler = (form: URLSearchParams, client: OAuthClient, state: OAuthState) => Promise<Record<string, unknown>>;

/** oauth2.googleapis.com/token */
export const tokenOperations: readonly Operation<OAuthState>[] = [
  {
    name: "oauth.token",
    method: "POST",
    path: "/token",
    query: [],
    anonymous: true,
    async run(call, state) {
      try {
        const form = new URLSearchParams((await call.rawBody()).toString("utf8"));
        const handler = GRANT_HANDLERS[form.get("grant_type") ?? ""];
        if (handler === undefined) {
          throw invalidRequest(`Invalid grant_type: ${form.get("grant_type")}`, "unsupported_grant_type");
        }
        return ok(await handler(form, authenticatedClient(call, form, state), state), { "cache-control": "no-store" });
      } catch (thrown) {
        return oauthErrorReply(thrown);
      }
    },
  },
];

const GRANT_HANDLERS: Record<string, GrantHandler | undefined> = {
  authorization_code: redeemCode,
  refresh_token: refresh,
};

/** Google's error body; anything but an OAuthError goes on. */
export function oauthErrorReply(thrown: unknown): Reply {
  if (!(thrown instanceof OAuthError)) throw thrown;
  return { status: thrown.status, json: { error: thrown.code, error_description: thrown.message } };
}

/** The client behind `client_id` and `client_secret`, in the form or in a Basic header. */
function authenticatedClient(call: Call, form: URLSearchParams, { clients }: OAuthState): OAuthClient {
  const basic = /^Basic (.+)$/.exec(call.headers.get("authorization") ?? "")?.[1];
  const [basicId, basicSecret] = basic === undefined ? [] : Buffer.from(basic, "base64").toString("utf8").split(":");
  const clientId = basicId ?? form.get("client_id");
  const secret = basicSecret ?? form.get("client_secret");
  if (!clientId) throw invalidRequest("Could not determine client ID from request.");
  const client = clients.get(clientId);
  if (client === undefined) throw invalidClient("The OAuth client was not found.");
  if (!secret) throw invalidRequest("client_secret is missing.");
  if (!sameText(secret, client.clientSecret)) throw invalidClient("The provided client secret is invalid.");
  return client;
}

async function redeemCode(form: URLSearchParams, client: OAuthClient, state: OAuthState) {
  const code = state.grants.redeemCode(form.get("code") ?? "");
  if (code === null || code.grant.clientId !== client.clientId) throw invalidGrant("Bad Request");
  if (form.get("redirect_uri") !== code.request.redirectUri)
    throw invalidRequest("Bad Request", "redirect_uri_mismatch");
  requireVerifier(code.request.challenge, form.get("code_verifier"));
  const tokens = await accessTokens(code.grant, code.request.nonce, state);
  if (!code.withRefreshToken) return tokens;
  const refreshToken = state.grants.issueRefreshToken(code.grant, code.accessSeconds);
  const bound = code.accessSeconds === null ? {} : { refresh_token_expires_in: code.accessSeconds };
  return { ...tokens, refresh_token: refreshToken, ...bound };
}

function requireVerifier(challenge: CodeChallenge | null, verifier: string | null): void {
  if (challenge === null) {
    if (verifier !== null) throw invalidGrant("code_verifier or verifier is not needed.");
    return;
  }
  if (verifier === null) throw invalidGrant("Missing code verifier.");
  const hashed = challenge.method === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier;
  if (!sameText(hashed, challenge.value)) throw invalidGrant("Invalid code verifier.");
}

async function refresh(form: URLSearchParams, client: OAuthClient, state: OAuthState) {
  const value = form.get("refresh_token");
  if (!value) throw invalidRequest("Missing required parameter: refresh_token");
  const token = state.grants.refreshToken(value);
  if (token === null) throw invalidGrant();
  if (token.grant.clientId !== client.clientId) throw new OAuthError(401, "unauthorized_client", "Unauthorized");
  return await accessTokens(token.grant, null, state);
}

async function accessTokens(grant: Grant, nonce: string | null, state: OAuthState): Promise<Record<string, unknown>> {
  return {
    access_token: state.grants.issueAccessToken({ kind: "user", grant }),
    expires_in: ACCESS_TOKEN_SECONDS,
    scope: grant.scopes.join(" "),
    token_type: "Bearer",
    ...(grant.scopes.includes("openid") ? { id_token: await idToken(grant, nonce, state) } : {}),
  };
}

/** Claims follow the granted scopes: no e-mail without its scope. */
function idToken({ sub, clientId, scopes }: Grant, nonce: string | null, state: OAuthState): Promise<string> {
  const account = state.accounts.bySub(sub);
  if (account === null) throw invalidGrant("Account has been deleted");
  const domain = account.email.split("@")[1] ?? "";
  return state.signer.sign({
    azp: clientId,
    aud: clientId,
    sub,
    ...(account.edition === "personal" ? {} : { hd: domain }),
    ...(scopes.includes(EMAIL_SCOPE) ? { email: account.email, email_verified: true } : {}),
    ...(scopes.includes(PROFILE_SCOPE) ? { name: account.name } : {}),
    ...(nonce === null ? {} : { nonce }),
  });
}

function sameText(left: string, right: string): boolean {
  const digests = [left, right].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(digests[0] ?? Buffer.alloc(0), digests[1] ?? Buffer.alloc(32));
}
