/** An OAuth refusal: `{error, error_description}` at the token endpoint, a page at the authorization endpoint. */
export class OAuthError extends Error {
  readonly status: number;
  /** RFC 6749 code, or one of Google's own (`redirect_uri_mismatch`). */
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(description);
    this.name = "OAuthError";
    this.status = status;
    this.code = code;
  }
}

export const invalidRequest = (description: string, code = "invalid_request"): OAuthError =>
  new OAuthError(400, code, description);

/** What Google answers for any grant that cannot be used any more. */
export const invalidGrant = (description = "Token has been expired or revoked."): OAuthError =>
  new OAuthError(400, "invalid_grant", description);

export const invalidClient = (description: string): OAuthError => new OAuthError(401, "invalid_client", description);
