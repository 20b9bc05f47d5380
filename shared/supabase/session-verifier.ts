import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "#kernel/clock.ts";
import { RetryableError } from "#kernel/verdicts.ts";
import type { SessionVerifier } from "#ports/session-verifier.ts";

/** A session's claims, the ones we decide on; anonymous sign-ins are nobody. */
const sessionClaims = z.looseObject({
  sub: z.uuid(),
  role: z.literal("authenticated"),
  is_anonymous: z.literal(false).optional(),
});

/** Longer than any real session token (a few hundred bytes to 4 kB); more is not worth a hash. */
const MAX_TOKEN_LENGTH = 16_384;
const KEYS_TIMEOUT_MS = 5_000;
/** Failures to get the keys say nothing about the token. */
const KEYS_UNAVAILABLE = new Set(["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"]);

/** Verifies session tokens against the project's public keys; HS256, which shares a secret, is never accepted. */
export function makeSessionVerifier(project: { readonly url: string; readonly clock: Clock }): SessionVerifier {
  const issuer = `${project.url.replace(/\/$/, "")}/auth/v1`;
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), { timeoutDuration: KEYS_TIMEOUT_MS });
  return {
    verify: async (accessToken) => {
      if (accessToken.length > MAX_TOKEN_LENGTH) return null;
      try {
        const { payload } = await jwtVerify(accessToken, keys, {
          algorithms: ["ES256", "RS256"],
          issuer,
          audience: "authenticated",
          requiredClaims: ["exp", "sub"],
          currentDate: project.clock.now(),
        });
        const claims = sessionClaims.safeParse(payload);
        return claims.success ? { userId: claims.data.sub } : null;
      } catch (thrown) {
        if (thrown instanceof errors.JOSEError && !KEYS_UNAVAILABLE.has(thrown.code)) return null;
        throw new RetryableError("the session keys cannot be had", { code: "session_keys_unavailable", cause: thrown });
      }
    },
  };
}
