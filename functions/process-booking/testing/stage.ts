import type { Delivery } from "#contracts/delivery.ts";
import { makeCalendar } from "#google/calendar.ts";
import { makeConsultantAuth } from "#google/consultant-auth.ts";
import { makeMeet } from "#google/meet.ts";
import type { Outcome } from "#kernel/outcome.ts";
import { Secret } from "#kernel/secret.ts";
import type { CalendarReadKey } from "#ports/backfill-store.ts";
import type { BookingStore } from "#ports/booking-store.ts";
import type { Calendar } from "#ports/calendar.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";
import { makeBackfillStore } from "#supabase/backfill-store.ts";
import { makeBookingStore } from "#supabase/booking-store.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import type { TestApi } from "#testing/api.ts";
import { type BookingRow, type BookingValues, insertBooking, readBooking } from "#testing/booking-rows.ts";
import { steppingClock } from "#testing/clocks.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import {
  connectGoogle,
  type GoogleWorkspace,
  insertConsultant,
  oauthClient,
  startGoogleWorkspace,
  type TestConsultant,
} from "#testing/google-workspace.ts";
import type { StoredEvent } from "../../../scripts/emulators/calendar/calendar-state.ts";
import { makeAdoptEvent } from "../adopt-event.ts";
import { makeEventHolder } from "../event-holder.ts";
import { makeHandler } from "../handler.ts";
import { makePass } from "../pass.ts";
import { makeReadCalendar } from "../read-calendar.ts";
import { makeRetireEvents } from "../retire-events.ts";
import { makeReturnEvents } from "../return-events.ts";

/** Adapters that a test may put something around. */
export interface Adapters {
  readonly store: BookingStore;
  readonly calendar: Calendar;
  readonly meetings: MeetingRooms;
}

export interface DeliverOptions {
  readonly messageId?: string;
  /** Stands between the handler and the real adapters: to look on, or to die at a chosen moment. */
  readonly around?: (adapters: Adapters) => Adapters;
  readonly leaseSeconds?: number;
}

/** The database, Google, and process-booking between them. */
export interface Stage {
  readonly database: TestDatabase;
  readonly api: TestApi;
  readonly google: GoogleWorkspace;
  consultant(name?: string, options?: { connected?: boolean; without?: readonly string[] }): Promise<TestConsultant>;
  book(consultant: TestConsultant | null, values?: BookingValues): Promise<string>;
  /** Changes columns of a booking as the platform would. */
  change(bookingId: string, columns: Readonly<Record<string, unknown>>): Promise<void>;
  row(bookingId: string): Promise<BookingRow>;
  /** Delivers one message about a booking to a process of its own, with nothing cached. */
  deliver(bookingId: string, options?: DeliverOptions): Promise<Outcome>;
  /** Delivers one message that asks for a consultant's calendar to be compared with a backfill's bookings. */
  readCalendar(key: CalendarReadKey): Promise<Outcome>;
  /** Events of a booking that are not deleted, on one calendar or on all. */
  liveEvents(bookingId: string, email?: string): readonly StoredEvent[];
  /** Ends every lease, as time would. */
  letLeasesExpire(): Promise<void>;
  /** Counts of calls by operation since the last reset. */
  calls(): { readonly calendar: number; readonly meet: number };
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const [database, google] = await Promise.all([openTestDatabase(), startGoogleWorkspace()]);
  const api = await database.api();
  const { sql } = database;
  const isOf = (bookingId: string) => (event: StoredEvent) =>
    event.extendedProperties?.private?.["bookingId"] === bookingId && event.status !== "cancelled";
  return {
    database,
    api,
    google,
    consultant: async (name = "Ada", { connected = true, without = [] } = {}) => {
      const consultant = await insertConsultant(sql, { name, email: `${name.toLowerCase()}@consult.example` });
      if (connected) await connectGoogle(sql, google, { consultant, without });
      return consultant;
    },
    book: (consultant, values = {}) => insertBooking(sql, { consultantId: consultant?.id ?? null, ...values }),
    change: async (bookingId, columns) => {
      const set = Object.keys(columns).map((column, index) => `${column} = $${index + 2}`);
      await sql(`update public.bookings set ${set.join(", ")} where id = $1`, [bookingId, ...Object.values(columns)]);
    },
    row: (bookingId) => readBooking(sql, bookingId),
    deliver: (bookingId, options = {}) => processOf(api, google, options)(deliveryOf(bookingId, options)),
    readCalendar: (key) =>
      makeReadCalendar({ calendar: adaptersOf(api, google).calendar, backfills: makeBackfillStore(api.service) })(key),
    liveEvents: (bookingId, email) => google.calendar.events(email).filter(isOf(bookingId)),
    letLeasesExpire: async () => {
      await sql("update private.booking_leases set expires_at = now() - interval '1 second'");
    },
    calls: () => ({ calendar: google.calendar.calls.list().length, meet: google.meet.calls.list().length }),
    reset: async () => {
      google.reset();
      api.gateway.reset();
      await sql("truncate public.bookings, public.consultants, public.services cascade");
      await sql("truncate private.outbox, private.booking_leases, private.booking_rooms, private.booking_tombstones");
      await sql("truncate private.effects, public.google_connections, public.user_tokens");
      await sql("truncate private.backfills, private.backfill_calendars, private.backfill_items, private.messages");
    },
    stop: async () => {
      await google.stop();
      await database.close();
    },
  };
}

function processOf(
  api: TestApi,
  google: GoogleWorkspace,
  { around = (same) => same, leaseSeconds = 60 }: DeliverOptions,
) {
  const clock = steppingClock();
  const { store, calendar, meetings } = around(adaptersOf(api, google));
  const holder = { calendar, store, clock, conferencePollMs: 10_000 };
  const pass = makePass({
    meetings,
    holdEvent: makeEventHolder(holder),
    adoptEvent: makeAdoptEvent(holder),
    retireEvents: makeRetireEvents({ calendar, store }),
    returnEvents: makeReturnEvents({ calendar, store, meetings }),
  });
  return makeHandler({ store, pass, leaseSeconds });
}

/** With nothing cached, as in a process that was just started. */
function adaptersOf(api: TestApi, google: GoogleWorkspace): Adapters {
  const auth = makeConsultantAuth({
    tokens: makeConsultantTokenStore(api.service),
    clientId: oauthClient.clientId,
    clientSecret: new Secret(oauthClient.clientSecret),
    // A refresh that is waited for must not time out at once, as it would on the stepping clock.
    clock: { now: steppingClock().now, wait: () => new Promise(() => undefined) },
    oauthEndpoint: google.oauth.url,
  });
  return {
    store: makeBookingStore(api.service),
    calendar: makeCalendar({ auth, endpoint: google.calendar.url }),
    meetings: makeMeet({ auth, endpoint: google.meet.url }),
  };
}

function deliveryOf(bookingId: string, { messageId = crypto.randomUUID() }: DeliverOptions): Delivery {
  return {
    messageId,
    subscription: "projects/p/subscriptions/process-booking",
    attributes: { kind: "booking.changed" },
    data: { bookingId },
    publishedAt: null,
    attempt: null,
    about: () => undefined,
  };
}
