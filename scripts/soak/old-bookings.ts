import type { BookingPlatform, PlatformConsultant } from "../local/booking-platform.ts";
import type { LocalStack } from "../local/start-stack.ts";

/** Who connects at once: each consent takes several requests. */
const CONNECTING = 4;
const TITLE = "A call from before";

/** Consultants who have connected Google. */
export async function connectConsultants(platform: BookingPlatform, count: number): Promise<PlatformConsultant[]> {
  const consultants: PlatformConsultant[] = [];
  const next = Array.from({ length: count }, (_, number) => number);
  const connect = async (): Promise<void> => {
    for (let number = next.shift(); number !== undefined; number = next.shift()) {
      const consultant = await platform.createConsultant(`Consultant ${number}`);
      await platform.connectGoogle(consultant);
      consultants.push(consultant);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, connect));
  return consultants;
}

export interface OldBooking {
  readonly consultantId: string;
  readonly startsAt: Date;
  readonly minutes: number;
  readonly customerEmail: string;
}

/** Rows from before the migrations: no trigger ever saw them. Returns their ids in the order given. */
export async function insertOldBookings(platform: BookingPlatform, bookings: readonly OldBooking[]): Promise<string[]> {
  await platform.rows("alter table public.bookings disable trigger user");
  const rows = await platform.rows<{ id: string }>(
    `insert into public.bookings (consultant_id, status, title, starts_at, ends_at, time_zone, customer_name, customer_email)
     select b."consultantId", 'confirmed', '${TITLE}', b."startsAt", b."startsAt" + make_interval(mins => b.minutes), 'Europe/Berlin',
       'Oscar Old', b."customerEmail"
     from jsonb_to_recordset($1) as b ("consultantId" uuid, "startsAt" timestamptz, minutes integer, "customerEmail" text)
     returning id`,
    [JSON.stringify(bookings)],
  );
  await platform.rows("alter table public.bookings enable trigger user");
  return rows.map(({ id }) => id);
}

const SLOTS_A_DAY = 16;
const FIRST_HOUR = 7;

/** Half-hour meetings in a consultant's working day, day after day from tomorrow. */
export function slotStart(today: Date, nth: number): Date {
  const day = Math.floor(nth / SLOTS_A_DAY) + 1;
  const halfHours = 2 * FIRST_HOUR + (nth % SLOTS_A_DAY);
  return new Date(Math.floor(today.getTime() / 86_400_000) * 86_400_000 + day * 86_400_000 + halfHours * 1_800_000);
}

/** The columns that a backfill writes, as text that tells any difference. */
export async function rowsDigest(platform: BookingPlatform): Promise<string> {
  const [row] = await platform.rows<{ digest: string }>(
    `select md5(string_agg(concat_ws('|', b.id, b.google_calendar_event_id, b.google_calendar_link, b.meeting_link, b.meeting_id,
       b.calendar_generation, b.revision, b.pipeline_status, b.pipeline_reason, b.pipeline_since), ',' order by b.id)) as digest
     from public.bookings b`,
  );
  return row?.digest ?? "";
}

/** Every live event of every calendar, without what Google itself changes with each write. */
export function calendarsOf(stack: LocalStack): ReadonlyMap<string, object> {
  const live = stack.google.calendar.events().filter(({ status }) => status !== "cancelled");
  return new Map(
    live.map(({ etag: _etag, updated: _updated, extendedProperties, ...event }) => {
      const marks = extendedProperties?.private ?? {};
      const shown = Object.keys(marks).length === 0 ? event : { ...event, marks };
      return [`${event.calendarId} ${event.id}`, shown];
    }),
  );
}

/** Writes to calendars so far. */
export const calendarWrites = (stack: LocalStack): number =>
  ["events.insert", "events.patch", "events.delete"].reduce(
    (sum, operation) => sum + stack.google.calendar.calls.count(operation),
    0,
  );
