/** Decides whose Supabase session a token is. */
export interface SessionVerifier {
  /** The user's id, or null for anything but a valid session; throws only when the keys cannot be had. */
  verify(accessToken: string): Promise<{ readonly userId: string } | null>;
}
