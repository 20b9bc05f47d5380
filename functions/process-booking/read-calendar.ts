import { calendarReadEvent } from "#contracts/calendar-read-event.ts";
import type { Delivery } from "#contracts/delivery.ts";
import { proposeBackfill } from "#domain/backfill-proposal.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { asError, NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { BackfillStore, CalendarReadKey } from "#ports/backfill-store.ts";
import type { Calendar } from "#ports/calendar.ts";

export interface ReadCalendarDeps {
  readonly calendar: Pick<Calendar, "list">;
  readonly backfills: BackfillStore;
}

export type HandleDelivery = (delivery: Delivery) => Promise<Outcome>;

/** Messages that ask for a calendar to be read go to `readCalendar`, all others to the booking's handler. */
export function makeRoute(readCalendar: (event: CalendarReadKey) => Promise<Outcome>, other: HandleDelivery) {
  return (delivery: Delivery): Promise<Outcome> => {
    const event = calendarReadEvent.safeParse(delivery.data);
    return event.success ? readCalendar(event.data) : other(delivery);
  };
}

/**
 * Compares a consultant's calendar with their bookings in a backfill's plan: one listing for all of them. Nothing is
 * changed; what cannot be read is told in the plan, and never taken for an empty calendar.
 */
export function makeReadCalendar(deps: ReadCalendarDeps): (event: CalendarReadKey) => Promise<Outcome> {
  return async (key) => {
    try {
      return await compare(deps, key);
    } catch (thrown) {
      const error = asError(thrown);
      if (error instanceof NeedsReconnectError) {
        await deps.backfills.finish(key, { kind: "not_connected", problem: error.message });
        return parked(error.code, error.message);
      }
      if (error instanceof PermanentError) {
        await deps.backfills.finish(key, { kind: "failed", problem: error.message });
        return parked(error.code, error.message);
      }
      if (error instanceof RetryableError) {
        // Best effort: why it waits is for a person's eyes, the retry does not depend on it.
        await deps.backfills.finish(key, { kind: "waits", problem: error.message }).catch(() => undefined);
      }
      throw error;
    }
  };
}

async function compare({ calendar, backfills }: ReadCalendarDeps, key: CalendarReadKey): Promise<Outcome> {
  const read = await backfills.begin(key);
  if (read.kind === "unwanted") return ignored("no plan waits for this calendar");
  const { calendarId, from, until } = read;
  const slots = await backfills.slots(key);
  const events = await calendar.list({ userId: key.userId, calendarId }, { from, until });
  await backfills.propose(key, { calendarId, proposals: proposeBackfill(slots, events) });
  await backfills.finish(key, { kind: "read" });
  return done(`${slots.length} bookings compared with ${events.length} events`);
}
