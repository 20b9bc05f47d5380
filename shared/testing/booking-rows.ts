import type { Sql } from "./database.ts";

/** Columns of a booking that tests vary; the rest is a confirmed hour from tomorrow noon on. */
export interface BookingValues {
  readonly consultantId?: string | null;
  readonly serviceId?: string | null;
  readonly status?: string;
  readonly title?: string | null;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly timeZone?: string;
  readonly customerName?: string;
  readonly customerEmail?: string | null;
  readonly meetingPlatform?: string;
}

const standard = {
  consultantId: null,
  serviceId: null,
  status: "confirmed",
  title: "Strategy call",
  startsAt: "2030-05-06T10:00:00Z",
  endsAt: "2030-05-06T11:00:00Z",
  timeZone: "Europe/Berlin",
  customerName: "Grace Hopper",
  customerEmail: "grace@example.com",
  meetingPlatform: "google_meet",
} satisfies Required<BookingValues>;

/** Inserts a booking as the platform would and returns its id. */
export async function insertBooking(sql: Sql, values: BookingValues = {}): Promise<string> {
  const row = { ...standard, ...values };
  const [inserted] = await sql<{ id: string }>(
    `insert into public.bookings (consultant_id, service_id, status, title, starts_at, ends_at, time_zone,
       customer_name, customer_email, meeting_platform)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    Object.values({
      ...{ a: row.consultantId, b: row.serviceId, c: row.status, d: row.title, e: row.startsAt, f: row.endsAt },
      ...{ g: row.timeZone, h: row.customerName, i: row.customerEmail, j: row.meetingPlatform },
    }),
  );
  return inserted!.id;
}

export interface BookingRow {
  readonly status: string;
  readonly revision: number;
  readonly calendar_generation: number;
  readonly google_calendar_event_id: string | null;
  readonly google_calendar_link: string | null;
  readonly meeting_link: string | null;
  readonly meeting_id: string | null;
  readonly pipeline_status: string | null;
  readonly pipeline_reason: string | null;
}

/** The booking as it stands, with what the pipeline wrote on it. */
export async function readBooking(sql: Sql, id: string): Promise<BookingRow> {
  const [row] = await sql<BookingRow>("select * from public.bookings where id = $1", [id]);
  return row!;
}

export interface OutboxRow {
  readonly id: number;
  readonly topic: string;
  readonly kind: string;
  readonly bookingId: string;
  readonly published: boolean;
  readonly attempts: number;
  readonly error: string | null;
  readonly dead: boolean;
}

/** Outbox rows, oldest first; of one booking when its id is given. */
export async function readOutbox(sql: Sql, bookingId: string | null = null): Promise<OutboxRow[]> {
  return sql<OutboxRow>(
    `select id::integer, topic, attributes ->> 'kind' as kind, data ->> 'bookingId' as "bookingId",
       published_at is not null as published, attempts, last_error as error, dead_at is not null as dead
     from private.outbox where $1::text is null or data ->> 'bookingId' = $1 order by id`,
    [bookingId],
  );
}
