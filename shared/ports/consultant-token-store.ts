import type { Secret } from "#kernel/secret.ts";

/** What is known of a consultant's Google access when somebody wants to use it. */
export type ConsultantToken =
  | { readonly kind: "usable"; readonly refreshToken: Secret; readonly tokenVersion: number }
  | {
      readonly kind: "unusable";
      readonly state: "not_connected" | "needs_reconnect" | "disconnected" | "token_unreadable";
      readonly reason: string | null;
      /** Null when the consultant was never connected. */
      readonly tokenVersion: number | null;
      /** Still there while a disconnect waits for Google to revoke it; for nothing else. */
      readonly refreshToken: Secret | null;
    };

/** Where refresh tokens are kept; only the adapters that act for a consultant and `google-auth` hold one. */
export interface ConsultantTokenStore {
  read(userId: string): Promise<ConsultantToken>;
  /** Compare-and-set on the version; false when somebody else marked it or the consultant has connected again. */
  markNeedsReconnect(
    userId: string,
    mark: { readonly reason: string; readonly tokenVersion: number },
  ): Promise<boolean>;
  /** Keeps a refresh token that Google rotated; false when the version has moved on. */
  replace(userId: string, token: { readonly refreshToken: Secret; readonly tokenVersion: number }): Promise<boolean>;
}
