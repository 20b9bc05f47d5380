import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { PermanentError, RetryableError, sentenceOf } from "#kernel/verdicts.ts";
import type { CalendarChanges } from "#ports/calendar-changes.ts";
import type { CalendarReadingStore, ReadingLease } from "#ports/calendar-reading-store.ts";

export interface ReadCalendarDeps {
  readonly store: CalendarReadingStore;
  readonly changes: CalendarChanges;
  readonly leaseSeconds: number;
  /** Until the sweep reads a calendar of which Google has told nothing. */
  readonly checkSeconds: number;
  /** After a first failure; doubled after each further one, up to 64 times. */
  readonly retrySeconds: number;
}

/** A calendar that changes faster than it is read is left to the next notification. */
const MAX_ROUNDS = 5;

interface Reading {
  readonly lease: ReadingLease;
  readonly calendarId: string;
  readonly syncToken: string | null;
}

/**
 * Reads what changed in one consultant's calendar, and announces the bookings whose events are not as we left them. What
 * becomes of them is for process-booking to decide, from the event itself. The token is kept after everything before it
 * was recorded: a crash reads the same changes again.
 */
export function makeReadCalendar(deps: ReadCalendarDeps): (userId: string, holder: string) => Promise<Outcome> {
  return async (userId, holder) => {
    const start = await deps.store.begin(userId, { holder, leaseSeconds: deps.leaseSeconds });
    if (start.kind === "busy") return ignored("another reader is at work and reads once more");
    if (start.kind === "not_connected") return ignored("the consultant is not connected");
    try {
      return done(`${await readUntilQuiet(deps, start)} bookings announced`);
    } catch (thrown) {
      await deps.store.breakOff(start.lease, sentenceOf(thrown), deps.retrySeconds);
      if (!(thrown instanceof PermanentError)) throw thrown;
      return parked(thrown.code, thrown.message);
    }
  };
}

async function readUntilQuiet(deps: ReadCalendarDeps, { lease, calendarId, ...first }: Reading): Promise<number> {
  let { syncToken } = first;
  let announced = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const read = await readOnce(deps, { lease, calendarId, syncToken });
    announced += read.announced;
    syncToken = read.syncToken;
    if (!read.again) return announced;
  }
  throw new RetryableError("the calendar changes faster than it can be read", { code: "calendar_busy" });
}

async function readOnce({ store, changes, checkSeconds }: ReadCalendarDeps, { lease, calendarId, syncToken }: Reading) {
  const reading = crypto.randomUUID();
  const at = { userId: lease.userId, calendarId };
  let announced = 0;
  const onPage: Parameters<CalendarChanges["read"]>[2] = async (events) => {
    const more = await store.recordPage(lease, reading, events);
    if (more === null) throw new RetryableError("another reader has taken over", { code: "lease_lost" });
    announced += more;
  };
  const steps = await changes.read(at, syncToken, onPage);
  const whole = steps.kind === "token_expired" ? await changes.read(at, null, onPage) : steps;
  if (whole.kind === "token_expired") {
    throw new RetryableError("Google Calendar gives no place to read on from", { code: "google_answer_unknown" });
  }
  const wasWhole = syncToken === null || steps.kind === "token_expired";
  const result = { reading, whole: wasWhole, syncToken: whole.syncToken };
  return { announced, syncToken: whole.syncToken, again: await store.finish(lease, result, checkSeconds) };
}
