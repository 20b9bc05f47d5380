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
  it("tells a booking's story from what the database noted, without a name or an address", async () => {
    const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql);
    await database.sql(
      `with r as (
         insert into public.recordings
           (recording_name, conference_record, user_id, booking_id, state, started_at, ended_at, duration_ms)
         values ($1, 'conferenceRecords/x', $2, $3, 'transcribing', '2026-11-20 10:02Z', '2026-11-20 10:32Z', 1800000)
         returning id
       ) insert into private.effects (booking_id, recording_id, step, effect, key, outcome, detail)
         select $3, id, 'capture-artifacts', 'recording.copy', 'audio/x', 'copied', '{"durationMs": 1800000}' from r`,
      [recordingName, userId, bookingId],
    );
    await database.sql("update public.bookings set customer_email = 'canary@example.com' where id = $1", [bookingId]);
    const { lines, report } = await runCommand(database, explain, [bookingId.toUpperCase()]);
    const story = lines.join("\n");
    expect(story).toMatch(/This booking was confirmed on .*, for Friday 20 November( 2026)?, 10:00 to 11:00/);
    expect(story).toMatch(/the customer's details were changed/);
    expect(story).toMatch(/was recorded on Friday .* from 10:02 to 10:32; its audio, thirty minutes of it, was copied/);
    expect(story).toMatch(/Now it has been waiting .* to be brought into the calendar/);
    expect(JSON.stringify(report) + story).not.toMatch(/canary|Grace|Ada/);
  });

  it("prints the ledger itself, row by row, when that is asked for", async () => {
    const id = await insertBooking(database.sql);
    await database.sql(
      "update public.bookings set starts_at = '2030-05-07 10:00Z', ends_at = '2030-05-07 11:00Z' where id = $1",
      [id],
    );
    const { lines } = await runCommand(database, explain, [id, "--raw"]);
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => /Z {2}outbox \d+ {2}booking\.changed {2}waiting/.test(line))).toHaveLength(2);
    expect(lines.join("\n")).toMatch(/change \d+ {2}booking\.changed {2}\{.*"fields":\["times"\]/);
    expect(lines.at(-1)).toMatch(/^now {2}\{.*"pipelineStatus":"pending"/);
  });

  it("knows a booking that was deleted", async () => {
    const id = await insertBooking(database.sql);
    await database.sql("delete from public.bookings where id = $1", [id]);
    const story = (await runCommand(database, explain, [id])).lines.join("\n");
    expect(story).toMatch(/for Monday 6 May 2030, 12:00 to 13:00/);
    expect(story).toMatch(/Now it is deleted .*; its calendar events are still to be removed/);
  });

  it("says so when nobody ever heard of the booking, or the id is none", async () => {
    const unknown = crypto.randomUUID();
    await expect(runCommand(database, explain, [unknown])).rejects.toThrow(`There is no booking ${unknown}`);
    await expect(runCommand(database, explain, ["42"])).rejects.toThrow('"42" is not the id of a booking');
    await expect(runCommand(database, explain, [])).rejects.toThrow("explain takes 1 argument, not 0");
  });
});
