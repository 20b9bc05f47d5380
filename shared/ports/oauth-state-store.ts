/** A flow that a consultant has begun; only digests of the two random values are kept. */
export interface BegunOauthFlow {
  readonly stateSha256: string;
  readonly cookieSha256: string;
  readonly codeVerifier: string;
  /** Where in the app to go afterwards. */
  readonly nextPath: string | null;
}

export interface OauthStateStore {
  create(userId: string, flow: BegunOauthFlow, lifetimeSeconds: number): Promise<void>;
  /** Spends a state, once; null when it is unknown, used, expired or another browser's. */
  use(
    stateSha256: string,
    cookieSha256: string,
  ): Promise<{ readonly userId: string; readonly codeVerifier: string; readonly nextPath: string | null } | null>;
  /** Removes what is used or expired; how many. */
  prune(): Promise<number>;
}
