import { decodeJwt } from "jose";
import type { Call, Operation } from "../rest/operation.ts";
import { ok } from "../rest/operation.ts";
import type { AccessToken } from "./grant-store.ts";
import { invalidRequest } from "./oauth-error.ts";
import type { OAuthState } from "./oauth-state.ts";
import { EMAIL_SCOPE } from "./scopes.ts";
import { oauthErrorReply } from "./token-endpoint.ts";

/** Google lets keys be cached for hours. */
const CERTS_HEADERS = { "cache-control": "public, max-age=21600, must-revalidate, no-transform" };

const anonymous = { query: [], anonymous: true } as const;

/** Revocation, token information and the public keys of ID tokens. */
export const tokenManagementOperations: readonly Operation<OAuthState>[] = [
  {
    ...anonymous,
    name: "oauth.revoke",
    method: "POST",
    path: "/revoke",
    query: ["token"],
    async run(call, { grants }) {
      const form = new URLSearchParams((await call.rawBody()).toString("utf8"));
      const sub = grants.userOf(call.query.get("token") ?? form.get("token") ?? "");
      if (sub === null) return oauthErrorReply(invalidRequest("Token expired or revoked", "invalid_token"));
      grants.revokeUser(sub);
      return ok({});
    },
  },
  { ...anonymous, name: "oauth.tokeninfo", method: "GET", path: "/tokeninfo", query: ["id_token"], run: tokenInfo },
  { ...anonymous, name: "oauth.tokeninfo", method: "POST", path: "/tokeninfo", query: ["id_token"], run: tokenInfo },
  {
    ...anonymous,
    name: "oauth.certs.pem",
    method: "GET",
    path: "/oauth2/v1/certs",
    run: (_call, { signer }) => ok(signer.pem, CERTS_HEADERS),
  },
  {
    ...anonymous,
    name: "oauth.certs.jwk",
    method: "GET",
    path: "/oauth2/v3/certs",
    run: (_call, { signer }) => ok(signer.jwks, CERTS_HEADERS),
  },
];

/** `access_token` in the query or as a Bearer header; an ID token is decoded, not verified. */
function tokenInfo(call: Call, state: OAuthState) {
  const idToken = call.query.get("id_token");
  if (idToken !== null) return ok(decodeJwt(idToken));
  const bearer = /^Bearer (.+)$/.exec(call.headers.get("authorization") ?? "")?.[1];
  const token = state.grants.accessToken(call.query.get("access_token") ?? bearer ?? "");
  if (token === null) return oauthErrorReply(invalidRequest("Invalid Value", "invalid_token"));
  return ok(describe(token, state));
}

function describe({ holder, expiresAtMs }: AccessToken, { accounts, clock }: OAuthState): Record<string, unknown> {
  const expiry = {
    exp: String(Math.floor(expiresAtMs / 1_000)),
    expires_in: String(Math.floor((expiresAtMs - clock.now().getTime()) / 1_000)),
  };
  if (holder.kind === "service_account") {
    return {
      ...expiry,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      email: holder.email,
      access_type: "online",
    };
  }
  const { sub, clientId, scopes } = holder.grant;
  const email = scopes.includes(EMAIL_SCOPE) ? accounts.bySub(sub)?.email : undefined;
  const identity = email === undefined ? {} : { email, email_verified: "true" };
  return { azp: clientId, aud: clientId, sub, scope: scopes.join(" "), ...expiry, ...identity, access_type: "offline" };
}
