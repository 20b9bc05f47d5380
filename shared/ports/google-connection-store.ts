import type { GoogleGrant } from "#ports/google-oauth.ts";

/** What a consultant may see of the own connection. */
export interface GoogleConnectionStatus {
  readonly state: "connected" | "needs_reconnect" | "disconnected";
  readonly reason: string | null;
  readonly email: string;
  readonly scopes: readonly string[];
  readonly since: Date;
}

export interface GoogleConnectionStore {
  /** Token, connection and the bookings that waited for it, in one transaction. */
  connect(
    userId: string,
    grant: GoogleGrant,
  ): Promise<
    | { readonly kind: "connected"; readonly accountChanged: boolean; readonly resumed: number }
    /** Google gave none and there is no working one of this account to keep. */
    | { readonly kind: "refresh_token_missing" }
  >;
  /** Null when the consultant was never connected. */
  status(userId: string): Promise<GoogleConnectionStatus | null>;
  /** From here on nobody uses the token; its version, or null when there is no connection. */
  beginDisconnect(userId: string): Promise<number | null>;
  /** Deletes the token, unless the consultant has connected again meanwhile. */
  finishDisconnect(userId: string, tokenVersion: number): Promise<boolean>;
  /** Disconnects begun at least this long ago whose token is still there. */
  unfinishedDisconnects(
    olderThanSeconds: number,
  ): Promise<readonly { readonly userId: string; readonly tokenVersion: number }[]>;
}
