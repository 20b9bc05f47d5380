import { createHash } from "node:crypto";
import type { CalendarChannelStore } from "#ports/calendar-channel-store.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";

export interface SyncCallerOptions {
  readonly callers: CallerVerifier;
  readonly channels: Pick<CalendarChannelStore, "userOf">;
}

/** Who calls, and for what. */
export type SyncCall =
  /** Google, through a channel of ours: something in this consultant's calendar changed. */
  | { readonly kind: "changed"; readonly userId: string }
  /** The scheduler: read what was not read for some time. */
  | { readonly kind: "sweep" };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Google's ceiling for a channel's token. */
const MAX_TOKEN = 256;

/**
 * Tells callers apart by their headers; null for strangers. Nothing signs a notification but the channel's own token, of
 * which the database has the digest. A stranger costs no database call before the shape is right.
 */
export function makeSyncCallerCheck({
  callers,
  channels,
}: SyncCallerOptions): (header: (name: string) => string | undefined) => Promise<SyncCall | null> {
  return async (header) => {
    const authorization = header("authorization");
    if (authorization !== undefined) return (await callers.verify(authorization)) === null ? null : { kind: "sweep" };
    const [id, token] = [header("x-goog-channel-id"), header("x-goog-channel-token")];
    if (id === undefined || token === undefined || !UUID.test(id) || token.length > MAX_TOKEN) return null;
    const userId = await channels.userOf(id, digestOf(token));
    return userId === null ? null : { kind: "changed", userId };
  };
}

/** As the register keeps a channel's token: SHA-256 in hexadecimal. */
export const digestOf = (token: string): string => createHash("sha256").update(token).digest("hex");
