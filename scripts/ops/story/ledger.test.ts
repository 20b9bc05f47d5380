import { afterAll, beforeAll, expect, it } from "vitest";
import { insertBooking } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { explain } from "../explain.ts";
import { runCommand } from "../testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const effect = (bookingId: string, name: string, outcome: string) => ({
  ...{ bookingId, step: "process-booking", effect: name, key: "e", outcome },
});

/** One pass of process-booking, as its store asks for it. */
async function pass(bookingId: string, status: string, effects: object[] = [], reason: string | null = null) {
  const [lease] = await database.sql<{ fencing: string; revision: number }>(
    `select l ->> 'fencing' as fencing, (select b.revision from public.bookings b where b.id = $1) as revision
     from public.begin_booking_reconcile($1, gen_random_uuid()::text, 60) l`,
    [bookingId],
  );
  const [connection] = await database.sql<{ version: number }>(
    `select g.token_version as version from public.google_connections g join public.consultants c on c.user_id = g.user_id
     join public.bookings b on b.consultant_id = c.id where b.id = $1`,
    [bookingId],
  );
  const result = { status, reason, room: null, retired: [], tokenVersion: connection?.version ?? null };
  const [end] = await database.sql<{ kind: string }>(
    "select public.finish_booking_reconcile($1, $2, $3, $4, $5) ->> 'kind' as kind",
    [bookingId, lease!.fencing, lease!.revision, JSON.stringify(result), JSON.stringify(effects)],
  );
  expect(end!.kind).toBe("written");
}

const fail = async (bookingId: string, reason: string) => {
  const [lease] = await database.sql<{ fencing: string }>(
    "select public.begin_booking_reconcile($1, gen_random_uuid()::text, 60) ->> 'fencing' as fencing",
    [bookingId],
  );
  await database.sql("select public.release_booking_lease($1, $2, $3, '[]')", [bookingId, lease!.fencing, reason]);
};

const move = (id: string, day: string) =>
  database.sql("update public.bookings set starts_at = $2, ends_at = $3 where id = $1", [
    ...[id, `${day}T10:00:00Z`, `${day}T11:00:00Z`],
  ]);
const tell = async (id: string) => (await runCommand(database, explain, [id, "--utc"])).lines.join("\n");

it("a booking's troubles are noted by the database as they happen, and told in order", async () => {
  const { userId } = await insertHeldMeeting(database.sql);
  const [consultant] = await database.sql<{ id: string }>("select id from public.consultants where user_id = $1", [
    userId,
  ]);
  const id = await insertBooking(database.sql, { consultantId: consultant!.id });
  const ended = "The consultant's Google access has ended. Connect Google again.";
  await pass(id, "scheduled", [effect(id, "calendar.insert", "inserted"), effect(id, "meet.space", "found")]);
  await move(id, "2030-05-07");
  await fail(id, "Not done yet, it will be tried again: Google Calendar is not available (503).");
  await fail(id, "Not done yet, it will be tried again: Google Calendar is not available (503).");
  await pass(id, "scheduled", [effect(id, "calendar.patch", "patched")]);
  await database.sql("select public.mark_google_connection($1, 'needs_reconnect', $2, 2)", [userId, ended]);
  await database.sql("update private.messages set state = 'sent', settled_at = now() where user_id = $1", [userId]);
  await move(id, "2030-05-08");
  await pass(id, "needs_reconnect", [], ended);
  const waiting = await tell(id);
  expect(waiting).toMatch(/Now it has been waiting .* for the consultant to connect Google/);
  const [known] = await database.sql<{ sub: string }>(
    "select google_sub as sub from public.google_connections where user_id = $1",
    [userId],
  );
  const account = JSON.stringify({ sub: known!.sub, email: "ada@example.com", scopes: [] });
  await database.sql("select public.connect_google($1, $2, '1//again')", [userId, account]);
  await pass(id, "scheduled", [effect(id, "calendar.patch", "patched")]);
  const story = await tell(id);
  const beats = [
    /This booking was confirmed on .*, for Monday 6 May 2030, 10:00 to 11:00, and its event and Meet link were made at/,
    /it was moved, to Tuesday 7 May 2030, 10:00 to 11:00; after two failed tries \(Google Calendar is not available\)/,
    /the event followed/,
    /the consultant's Google access turned out to have ended, and a mail asked them to connect again/,
    /it was moved again, to Wednesday 8 May 2030, 10:00 to 11:00, and it had to wait, because/,
    /the consultant connected Google again, and the event followed at once/,
    /Now everything is in place: the meeting is on Wednesday 8 May 2030/,
  ];
  let from = 0;
  for (const beat of beats) {
    const at = story.slice(from).search(beat);
    expect([String(beat), at >= 0], story).toEqual([String(beat), true]);
    from += at;
  }
  expect(story).not.toMatch(/example\.com|Ada|Grace/);
});

it("a write-back that changes no status, and a booking the pipeline has nothing to do with, leave no line", async () => {
  const [ours, foreign] = [await insertBooking(database.sql), await insertBooking(database.sql, { status: "pending" })];
  await database.sql("update public.bookings set meeting_link = 'https://meet.google.com/x' where id = $1", [ours]);
  await move(foreign, "2030-06-01");
  await database.sql("delete from public.bookings where id = $1", [foreign]);
  expect(await database.sql("select * from private.changes where booking_id = any ($1)", [[ours, foreign]])).toEqual(
    [],
  );
});

it("that the pipeline let go of a booking is noted, and what happens to it later is not", async () => {
  const id = await insertBooking(database.sql);
  await database.sql("update public.bookings set pipeline_status = null, pipeline_since = null where id = $1", [id]);
  await database.sql("update public.bookings set status = 'pending', pipeline_status = null where id = $1", [id]);
  const [change] = await database.sql(
    "select change, detail -> 'to' as to from private.changes where booking_id = $1",
    [id],
  );
  expect(change).toEqual({ change: "booking.status", to: null });
  expect(await tell(id)).toMatch(/the pipeline let go of it.*\n.*\nNow the pipeline has nothing to do with it/);
});

it("a recording's stops and returns are noted", async () => {
  const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql);
  await database.sql(
    "insert into public.recordings (recording_name, conference_record, user_id, booking_id) values ($1, 'c', $2, $3)",
    [recordingName, userId, bookingId],
  );
  const [lease] = await database.sql<{ id: string; fencing: string }>(
    `select l -> 'recording' ->> 'id' as id, l ->> 'fencing' as fencing from public.begin_capture($1, $2, 'm', 60) l`,
    [recordingName, userId],
  );
  await database.sql("select public.park_capture($1, $2, 'no access')", [lease!.id, lease!.fencing]);
  await database.sql("update public.recordings set state = 'failed', reason = 'gone' where id = $1", [lease!.id]);
  await database.sql("update public.recordings set state = 'found', reason = null where id = $1", [lease!.id]);
  const changes = await database.sql("select change from private.changes where recording_id = $1 order by id", [
    lease!.id,
  ]);
  expect(changes.map(({ change }) => change)).toEqual(["recording.parked", "recording.failed", "recording.resumed"]);
  const story = await tell(bookingId);
  expect(story).toMatch(/the recording had to wait for the consultant to connect Google: no access/);
  expect(story).toMatch(/the recording went no further: gone.*the recording was taken up again/);
});
