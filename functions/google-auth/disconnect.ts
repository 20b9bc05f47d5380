import { asError, PermanentError } from "#kernel/verdicts.ts";
import type { CalendarChannels } from "#ports/calendar-changes.ts";
import type { CalendarChannelStore } from "#ports/calendar-channel-store.ts";
import type { ConsultantTokenStore } from "#ports/consultant-token-store.ts";
import type { GoogleConnectionStore } from "#ports/google-connection-store.ts";
import type { GoogleOauth } from "#ports/google-oauth.ts";
import type { MeetingEventSubscriptionStore } from "#ports/meeting-event-subscription-store.ts";
import type { MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";

export interface DisconnectDeps {
  readonly oauth: GoogleOauth;
  readonly connections: GoogleConnectionStore;
  readonly tokens: ConsultantTokenStore;
  readonly subscriptions: MeetingEventSubscriptions;
  readonly subscriptionStore: MeetingEventSubscriptionStore;
  readonly channels: Pick<CalendarChannels, "close">;
  readonly channelStore: Pick<CalendarChannelStore, "retireAll" | "retired" | "forget">;
}

export type DisconnectResult =
  | { readonly kind: "disconnected" }
  | { readonly kind: "not_connected" }
  /** Nobody uses the access any more; telling Google is left to keep-watch. */
  | { readonly kind: "revocation_pending"; readonly problem: string };

/**
 * Channels and subscription first, while the token still works; then no job may use the token; then Google revokes it, which ends
 * every token of the grant; then it is deleted. A crash after any of these is finished by keep-watch or by Google.
 */
export function makeDisconnect(deps: DisconnectDeps): (userId: string) => Promise<DisconnectResult> {
  return async (userId) => {
    await stopWatching(deps, userId);
    await unsubscribe(deps, userId);
    const tokenVersion = await deps.connections.beginDisconnect(userId);
    if (tokenVersion === null) return { kind: "not_connected" };
    const token = await deps.tokens.read(userId);
    try {
      if (token.kind === "unusable" && token.refreshToken !== null) await deps.oauth.revoke(token.refreshToken);
    } catch (thrown) {
      // A refusal for good leaves nothing to wait for.
      if (!(thrown instanceof PermanentError)) return { kind: "revocation_pending", problem: asError(thrown).message };
    }
    await deps.connections.finishDisconnect(userId, tokenVersion);
    return { kind: "disconnected" };
  };
}

/** A consultant has one channel, two while one follows the other; the rest ends by itself within seven days, unheard. */
const MAX_CHANNELS = 5;

async function stopWatching({ channels, channelStore }: DisconnectDeps, userId: string): Promise<void> {
  await channelStore.retireAll(userId);
  for (const { id, resourceId } of await channelStore.retired(MAX_CHANNELS, userId)) {
    await channels.close(userId, { id, resourceId }).then(
      () => channelStore.forget(id),
      () => undefined,
    );
  }
}

/** Not needed for the rest: a subscription whose grant is revoked is suspended, and deleted within seven days. */
async function unsubscribe(deps: DisconnectDeps, userId: string): Promise<void> {
  const name = await deps.subscriptionStore.remove(userId);
  if (name === null) return;
  await deps.subscriptions.remove(userId, name).catch(() => undefined);
}
