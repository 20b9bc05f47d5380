/** What we know of our channels; Google keeps no list. Tokens are kept as SHA-256 in hexadecimal. */
export interface CalendarChannelStore {
  /** Consultants without a channel that lives beyond `overlapSeconds`. */
  claimUnwatched(options: {
    readonly limit: number;
    readonly overlapSeconds: number;
    readonly claimSeconds: number;
  }): Promise<readonly { readonly userId: string; readonly calendarId: string }[]>;
  /** Before Google is asked; false when the consultant has left. */
  plan(userId: string, channel: { readonly id: string; readonly tokenSha256: string }): Promise<boolean>;
  /** The channel lives; earlier ones of the consultant are no longer wanted. */
  save(id: string, channel: { readonly resourceId: string; readonly expiresAt: Date }): Promise<void>;
  noteProblem(userId: string, problem: string, firstSeconds: number): Promise<void>;
  /** Whose calendar a notification is about; null for a channel we do not know or want, or another secret. */
  userOf(id: string, tokenSha256: string): Promise<string | null>;
  /** From here on no notification about this consultant counts. */
  retireAll(userId: string): Promise<void>;
  /** Channels that Google still has and nobody wants; of one consultant, or of all. */
  retired(
    limit: number,
    userId?: string,
  ): Promise<readonly { readonly id: string; readonly userId: string; readonly resourceId: string }[]>;
  forget(id: string): Promise<void>;
}
