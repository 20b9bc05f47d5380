/** Decides whether an `Authorization` header carries a Google-signed OIDC token of a caller we expect. */
export interface CallerVerifier {
  /** The caller's service account, or null for anyone else; throws only when Google's keys cannot be had. */
  verify(authorization: string | undefined): Promise<{ readonly email: string } | null>;
}
