import { CodeChallengeMethod, OAuth2Client } from "google-auth-library";
import { googleError, httpStatusOf, reasonOf } from "#google/errors.ts";
import { oauthEndpoints } from "#google/oauth-endpoints.ts";
import { Secret } from "#kernel/secret.ts";
import type { GoogleGrant, GoogleOauth } from "#ports/google-oauth.ts";

export interface GoogleOauthOptions {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Points the client at an emulator; unset means Google. */
  readonly endpoint?: string | undefined;
}

const API = "sign-in";
/** A consultant waits in front of this. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Google's OAuth through the official client. */
export function makeGoogleOauth(options: GoogleOauthOptions): GoogleOauth {
  const client = new OAuth2Client({
    clientId: options.clientId,
    clientSecret: options.clientSecret.reveal(),
    redirectUri: options.redirectUri,
    transporterOptions: { timeout: REQUEST_TIMEOUT_MS },
    ...oauthEndpoints(options.endpoint),
  });
  return {
    consentUrl: ({ state, codeChallenge }) =>
      client.generateAuthUrl({
        // Both are needed for a refresh token on every consent, not only on the first.
        access_type: "offline",
        prompt: "consent",
        scope: [...options.scopes],
        state,
        code_challenge: codeChallenge,
        code_challenge_method: CodeChallengeMethod.S256,
      }),
    exchange: async (code, codeVerifier) => {
      try {
        return await exchange(client, { code, codeVerifier, clientId: options.clientId });
      } catch (thrown) {
        if (httpStatusOf(thrown) === 400 && reasonOf(thrown) === "invalid_grant") return null;
        throw googleError(thrown, { api: API });
      }
    },
    revoke: async (refreshToken) => {
      try {
        await client.revokeToken(refreshToken.reveal());
      } catch (thrown) {
        // Google's answer for one that is dead already.
        if (reasonOf(thrown) !== "invalid_token") throw googleError(thrown, { api: API });
      }
    },
  };
}

/** Null when the answer carries no identity that Google signed for us. */
async function exchange(
  client: OAuth2Client,
  { code, codeVerifier, clientId }: { readonly code: string; readonly codeVerifier: string; readonly clientId: string },
): Promise<GoogleGrant | null> {
  const { tokens } = await client.getToken({ code, codeVerifier });
  // Fetched before verifying, so that only a failure to get the keys is thrown.
  await client.getFederatedSignonCertsAsync();
  const ticket = await client.verifyIdToken({ idToken: tokens.id_token ?? "", audience: clientId }).catch(() => null);
  const { sub, email } = ticket?.getPayload() ?? {};
  if (sub === undefined || email === undefined) return null;
  return {
    sub,
    email,
    scopes: (tokens.scope ?? "").split(" ").filter((scope) => scope !== ""),
    refreshToken: tokens.refresh_token == null ? null : new Secret(tokens.refresh_token),
  };
}
