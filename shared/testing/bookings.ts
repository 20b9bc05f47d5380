import type { Sql } from "./database.ts";

export interface HeldMeeting {
  readonly bookingId: string;
  readonly userId: string;
  readonly spaceName: string;
  readonly conferenceRecord: string;
  readonly recordingName: string;
}

export interface HeldMeetingOptions {
  readonly startsAt?: Date;
  readonly spaceName?: string;
  readonly userId?: string;
  readonly pipelineStatus?: string;
}

let lastNumber = 0;

/** A confirmed booking of a connected consultant whose calendar event has a Meet room. */
export async function insertHeldMeeting(sql: Sql, options: HeldMeetingOptions = {}): Promise<HeldMeeting> {
  const number = ++lastNumber;
  const userId = options.userId ?? (await insertConnectedUser(sql, number));
  const spaceName = options.spaceName ?? `spaces/space-${number}`;
  const startsAt = options.startsAt ?? new Date("2026-11-20T10:00:00Z");
  const endsAt = new Date(startsAt.getTime() + 3_600_000);
  const [consultant] = await sql<{ id: string }>(
    `insert into public.consultants (user_id, name, email) values ($1, 'Ada', 'ada@example.com')
     on conflict (user_id) do update set name = excluded.name returning id`,
    [userId],
  );
  const [booking] = await sql<{ id: string }>(
    `insert into public.bookings (consultant_id, status, title, starts_at, ends_at, customer_name)
     values ($1, 'confirmed', 'Call', $2, $3, 'Grace') returning id`,
    [consultant?.id, startsAt, endsAt],
  );
  const bookingId = booking?.id ?? "";
  await sql("update public.bookings set pipeline_status = $2 where id = $1", [
    bookingId,
    options.pipelineStatus ?? "scheduled",
  ]);
  await sql(
    `insert into private.booking_rooms (booking_id, event_id, user_id, calendar_id, space_name)
     values ($1, $2, $3, 'primary', $4)`,
    [bookingId, `event${number}`, userId, spaceName],
  );
  const conferenceRecord = `conferenceRecords/conference-${number}`;
  return {
    bookingId,
    userId,
    spaceName,
    conferenceRecord,
    recordingName: `${conferenceRecord}/recordings/r-${number}`,
  };
}

async function insertConnectedUser(sql: Sql, number: number): Promise<string> {
  const email = `consultant-${number}-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const [user] = await sql<{ id: string }>(
    "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
    [email],
  );
  const id = user?.id ?? "";
  const account = { sub: `10${number}`, email, scopes: [] };
  await sql("select public.connect_google($1, $2, $3)", [id, JSON.stringify(account), "1//refresh"]);
  return id;
}
