import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { insertBooking } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { explain } from "./explain.ts";
import { status } from "./status.ts";
import { runCommand } from "./testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

interface StatusReport {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly [name: string]: unknown;
}

describe("status", () => {
  beforeEach(async () => {
    await database.sql("delete from public.bookings");
    await database.sql(
      "truncate private.outbox, private.messages, private.rejected_inputs, private.booking_tombstones",
    );
    await database.sql("delete from public.google_connections");
  });
  const report = async () => (await runCommand<StatusReport>(database, status)).report;

  it("of an empty database is all zeros and nothing wrong", async () => {
    const result = await runCommand<StatusReport>(database, status);
    expect(result).toMatchObject({ ok: true, report: { ok: true, problems: [], bookings: {}, recordings: {} } });
    expect(result.lines.at(-1)).toBe("Nothing is wrong.");
  });

  it("counts bookings by where they stand, and what waits for the relay", async () => {
    await insertBooking(database.sql);
    await insertBooking(database.sql);
    expect(await report()).toMatchObject({ ok: true, bookings: { pending: 2 }, outbox: { waiting: 2, dead: 0 } });
  });

  it.each([
    [
      "a message that was set aside",
      "update private.outbox set dead_at = now(), last_error = 'too large'",
      /1 message.*set aside \(too large\).*replay/,
    ],
    [
      "a message that waits for long",
      "update private.outbox set created_at = now() - interval '20 min'",
      /1 message waits for the relay.*20 min/,
    ],
    ["a failed booking", "update public.bookings set pipeline_status = 'failed'", /1 booking failed.*explain/],
    [
      "a booking that stands still",
      "update public.bookings set pipeline_since = now() - interval '1 hour'",
      /1 booking stands still/,
    ],
    [
      "a mail that failed",
      "insert into private.messages (key, kind, recipient, about, state, settled_at) values (repeat('a', 64), 'confirmation', 'x@example.com', 'l', 'failed', now())",
      /1 mail could not be sent/,
    ],
  ])("is not fine with %s, and says what to do", async (_what, statement, sentence) => {
    await insertBooking(database.sql);
    await database.sql(statement);
    const { ok, problems } = await report();
    expect({ ok, count: problems.length }).toEqual({ ok: false, count: 1 });
    expect(problems[0]).toMatch(sentence);
  });

  it("tells a consultant without a live subscription, and shows those who have to connect again as nothing wrong", async () => {
    const { userId } = await insertHeldMeeting(database.sql);
    expect((await report()).problems).toEqual([expect.stringMatching(/1 connected consultant without a live Google/)]);
    await database.sql("update public.google_connections set state = 'needs_reconnect' where user_id = $1", [userId]);
    expect(await report()).toMatchObject({ ok: true, connections: { needs_reconnect: 1 } });
  });

  it("lists what was refused in the last day by edge and reason", async () => {
    await database.sql(
      "insert into private.rejected_inputs (edge, reason, size_bytes, sha256) values ('process-booking', 'not JSON', 3, 'x'), ('process-booking', 'not JSON', 4, 'y')",
    );
    expect((await report())["rejectedInputs"]).toEqual([{ edge: "process-booking", reason: "not JSON", count: 2 }]);
  });
});

describe("explain", () => {
  it("tells changes, effects, state, recordings with their jobs, and mails, without a name or an address", async () => {
    const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql);
    await database.sql(
      `with r as (
         insert into public.recordings (recording_name, conference_record, user_id, booking_id, state, duration_ms)
         values ($1, 'conferenceRecords/x', $2, $3, 'transcribing', 1800000) returning id
       ) insert into private.transcription_jobs
           (recording_id, chunk, state, model, language_code, audio_uri, output_prefix, starts, started_at)
         select id, 0, 'running', 'chirp_2', 'de-DE', 'gs://b/a', 'transcription/', 1, now() from r`,
      [recordingName, userId, bookingId],
    );
    await database.sql("update public.bookings set customer_email = 'canary@example.com' where id = $1", [bookingId]);
    await database.sql(
      "update public.bookings set pipeline_status = 'scheduled', meeting_link = 'https://meet.google.com/abc' where id = $1",
      [bookingId],
    );
    const { lines, report } = await runCommand(database, explain, [bookingId.toUpperCase()]);
    const story = lines.join("\n");
    expect(story).toMatch(/a change was recorded \(booking\.changed, outbox row \d+\) and waits for the relay/);
    expect(story).toMatch(/Now: scheduled/);
    expect(story).toMatch(/Recording conferenceRecords\/.* 30 min of audio: transcribing since/);
    expect(story).toMatch(/Transcription of part 0 \(chirp_2\): running; Speech was asked once\./);
    expect(story).toMatch(/Mail "confirmation": planned/);
    expect(JSON.stringify(report) + story).not.toMatch(/canary|Grace|Ada/);
  });

  it("knows a booking that was deleted", async () => {
    const id = await insertBooking(database.sql);
    await database.sql("delete from public.bookings where id = $1", [id]);
    expect((await runCommand(database, explain, [id])).lines.join("\n")).toMatch(/Now: deleted/);
  });

  it("says so when nobody ever heard of the booking, or the id is none", async () => {
    const unknown = crypto.randomUUID();
    await expect(runCommand(database, explain, [unknown])).rejects.toThrow(`There is no booking ${unknown}`);
    await expect(runCommand(database, explain, ["42"])).rejects.toThrow('"42" is not the id of a booking');
    await expect(runCommand(database, explain, [])).rejects.toThrow("explain takes 1 argument, not 0");
  });
});
