import { OAuth2Client } from "google-auth-library";
import { oauthEndpoints } from "#google/oauth-endpoints.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";

export interface CallerVerifierOptions {
  /** The `aud` that our callers' tokens name. */
  readonly audience: string;
  /** Service accounts that may call. */
  readonly callers: readonly string[];
  /** Serves Google's public keys on the laptop; unset means Google. */
  readonly oauthEndpoint?: string | undefined;
}

/** Verifies OIDC tokens of Pub/Sub push and Cloud Scheduler: signature, issuer, audience, e-mail. */
export function makeCallerVerifier(options: CallerVerifierOptions): CallerVerifier {
  const callers = new Set(options.callers);
  const client = new OAuth2Client(oauthEndpoints(options.oauthEndpoint));
  return {
    verify: async (authorization) => {
      const idToken = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
      if (idToken === undefined) return null;
      // Fetched before verifying, so that only a failure to get the keys is thrown.
      await client.getFederatedSignonCertsAsync();
      const ticket = await client.verifyIdToken({ idToken, audience: options.audience }).catch(() => null);
      const claims = ticket?.getPayload();
      const email = claims?.email_verified === true ? claims.email : undefined;
      return email !== undefined && callers.has(email) ? { email } : null;
    },
  };
}
