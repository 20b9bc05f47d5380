/** The rules this emulator knows: so many dates, every day or every week. */
export const KNOWN_RULE = /^RRULE:FREQ=(DAILY|WEEKLY);COUNT=([1-9]\d{0,2})$/;

const DAY_MS = 86_400_000;
const EVERY_MS: Readonly<Record<string, number>> = { DAILY: DAY_MS, WEEKLY: 7 * DAY_MS };

interface Dated {
  readonly id: string;
  readonly recurrence?: readonly string[] | undefined;
  readonly recurringEventId?: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly start?: object | undefined;
  readonly end?: object | undefined;
}

/** The dates of a series as `singleEvents` lists them; an event that is no series is its own only date. */
export function datesOf<Event extends Dated>(event: Event): Event[] {
  const [, frequency = "", count = "0"] = KNOWN_RULE.exec(event.recurrence?.[0] ?? "") ?? [];
  const everyMs = EVERY_MS[frequency];
  if (everyMs === undefined) return [event];
  return Array.from({ length: Number(count) }, (_, nth) => dateOf(event, nth * everyMs));
}

function dateOf<Event extends Dated>(event: Event, offsetMs: number): Event {
  const [startsAt, endsAt] = [event.startsAt, event.endsAt].map((at) => new Date(at.getTime() + offsetMs));
  const stamp = startsAt?.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return {
    ...event,
    id: `${event.id}_${stamp}`,
    recurringEventId: event.id,
    recurrence: undefined,
    ...{ startsAt, start: { ...event.start, dateTime: startsAt?.toISOString() } },
    ...{ endsAt, end: { ...event.end, dateTime: endsAt?.toISOString() } },
  };
}
