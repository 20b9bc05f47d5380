import type { Secret } from "#kernel/secret.ts";
import type { CalendarAddress } from "#ports/calendar.ts";

/** An event that Google mentions; a deleted one may come with its id alone. */
export interface MentionedEvent {
  readonly id: string;
  readonly etag: string;
}

/** What a calendar's owner, or anybody else, did to it. */
export interface CalendarChanges {
  /**
   * Gives page after page of what changed since `syncToken` (of everything, without one) to `onPage`, and the token to
   * go on from. `token_expired`: only a whole reading helps; nothing was missed that it does not show.
   */
  read(
    at: CalendarAddress,
    syncToken: string | null,
    onPage: (events: readonly MentionedEvent[]) => Promise<void>,
  ): Promise<{ readonly kind: "read"; readonly syncToken: string | null } | { readonly kind: "token_expired" }>;
}

export interface NewChannel {
  /** A UUID of ours. */
  readonly id: string;
  /** Comes back with every notification, and is all that tells one from a forgery. */
  readonly token: Secret;
  readonly address: string;
  readonly lifetimeSeconds: number;
}

/** Push channels: Google calls an address of ours when a calendar changes. They cannot be listed or renewed. */
export interface CalendarChannels {
  open(at: CalendarAddress, channel: NewChannel): Promise<{ readonly resourceId: string; readonly expiresAt: Date }>;
  /** One that Google does not know any more counts as closed. */
  close(userId: string, channel: { readonly id: string; readonly resourceId: string }): Promise<void>;
}
