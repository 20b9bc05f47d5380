import { createHash, randomBytes } from "node:crypto";
import { Secret } from "#kernel/secret.ts";
import { asError } from "#kernel/verdicts.ts";
import type { CalendarChannels } from "#ports/calendar-changes.ts";
import type { CalendarChannelStore } from "#ports/calendar-channel-store.ts";
import type { Duty } from "./duty.ts";

export interface WatchCalendarsDeps {
  readonly channels: CalendarChannels;
  readonly store: CalendarChannelStore;
  /** Where Google calls us: the address of sync-calendar. */
  readonly address: string;
  /** Seven days are the most Google gives. */
  readonly lifetimeSeconds: number;
  /** A channel with less than this left gets a successor; for that long both tell of changes. */
  readonly overlapSeconds: number;
  readonly claimSeconds: number;
  readonly retrySeconds: number;
}

const MAX_PER_RUN = 50;
const TOKEN_BYTES = 32;

/**
 * Every connected consultant's calendar has a channel through which Google tells of changes, with a secret of its own and
 * a successor in time. A channel that has one is stopped; one consultant's failure is noted and stops nobody else's.
 */
export function makeWatchCalendars(deps: WatchCalendarsDeps): Duty {
  return {
    name: "watch_calendars",
    run: async () => {
      const { overlapSeconds, claimSeconds } = deps;
      const unwatched = await deps.store.claimUnwatched({ limit: MAX_PER_RUN, overlapSeconds, claimSeconds });
      let opened = 0;
      for (const one of unwatched) if (await open(one, deps)) opened += 1;
      return opened + (await closeRetired(deps));
    },
  };
}

async function open(at: { readonly userId: string; readonly calendarId: string }, deps: WatchCalendarsDeps) {
  const { channels, store, address, lifetimeSeconds, retrySeconds } = deps;
  const id = crypto.randomUUID();
  const token = new Secret(randomBytes(TOKEN_BYTES).toString("base64url"));
  const tokenSha256 = createHash("sha256").update(token.reveal()).digest("hex");
  if (!(await store.plan(at.userId, { id, tokenSha256 }))) return false;
  try {
    await store.save(id, await channels.open(at, { id, token, address, lifetimeSeconds }));
    return true;
  } catch (thrown) {
    await store.noteProblem(at.userId, asError(thrown).message, retrySeconds);
    return false;
  }
}

/** A channel that cannot be stopped ends by itself within its seven days, and is not listened to meanwhile. */
async function closeRetired({ channels, store }: WatchCalendarsDeps): Promise<number> {
  const retired = await store.retired(MAX_PER_RUN);
  let closed = 0;
  for (const { id, userId, resourceId } of retired) {
    const isClosed = await channels.close(userId, { id, resourceId }).then(
      () => true,
      () => false,
    );
    if (!isClosed) continue;
    await store.forget(id);
    closed += 1;
  }
  return closed;
}
