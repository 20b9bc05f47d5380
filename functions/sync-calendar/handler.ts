import { done, type Outcome } from "#kernel/outcome.ts";
import { asError, RetryableError } from "#kernel/verdicts.ts";
import type { CalendarReadingStore } from "#ports/calendar-reading-store.ts";
import type { SyncCall } from "./endpoint.ts";

export interface SyncCalendarDeps {
  readonly store: Pick<CalendarReadingStore, "claimUnread">;
  readonly readCalendar: (userId: string, holder: string) => Promise<Outcome>;
  readonly claimSeconds: number;
  readonly reportFailure: (userId: string, error: Error) => void;
}

/** One call of Google's for most; a whole reading of a busy calendar takes some seconds. */
const MAX_PER_SWEEP = 100;

/** Reads the calendar that a notification is about, or, in a sweep, those that were not read for some time. */
export function makeHandler(deps: SyncCalendarDeps): (call: SyncCall) => Promise<Outcome> {
  return async (call) => {
    if (call.kind === "changed") return deps.readCalendar(call.userId, crypto.randomUUID());
    const due = await deps.store.claimUnread(MAX_PER_SWEEP, deps.claimSeconds);
    const failed = await eachOf(due, deps);
    if (failed > 0) {
      throw new RetryableError(`${failed} of ${due.length} calendars could not be read`, { code: "calendars_unread" });
    }
    return done(`${due.length} calendars read`);
  };
}

/** One consultant's trouble keeps nobody else's calendar from being read. */
async function eachOf(userIds: readonly string[], { readCalendar, reportFailure }: SyncCalendarDeps): Promise<number> {
  let failed = 0;
  for (const userId of userIds) {
    try {
      await readCalendar(userId, crypto.randomUUID());
    } catch (thrown) {
      failed += 1;
      reportFailure(userId, asError(thrown));
    }
  }
  return failed;
}
