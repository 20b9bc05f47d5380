import type { Secret } from "#kernel/secret.ts";

/** What a consultant granted, as Google vouches for it. */
export interface GoogleGrant {
  /** Google's stable id of the account. */
  readonly sub: string;
  readonly email: string;
  readonly scopes: readonly string[];
  /** Google leaves it out when the consultant had consented before and was not asked again. */
  readonly refreshToken: Secret | null;
}

/** The web server flow with PKCE. */
export interface GoogleOauth {
  /** Where the consultant's browser goes to consent. */
  consentUrl(request: { readonly state: string; readonly codeChallenge: string }): string;
  /** Null for a code that Google does not accept; throws `RetryableError` when Google cannot answer. */
  exchange(code: string, codeVerifier: string): Promise<GoogleGrant | null>;
  /** Ends the grant with every token of it; a token that is dead already is fine. */
  revoke(refreshToken: Secret): Promise<void>;
}
