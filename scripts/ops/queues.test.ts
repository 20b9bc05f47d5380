import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { insertBooking, readBooking, readOutbox } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { replay } from "./replay.ts";
import { resync } from "./resync.ts";
import { runCommand } from "./testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox, private.booking_tombstones, private.messages, private.booking_rooms");
});

const published = () => database.sql("update private.outbox set published_at = now()");
const kinds = async () => (await readOutbox(database.sql)).map(({ kind }) => kind);

describe("replay", () => {
  const die = () =>
    database.sql(
      "update private.outbox set dead_at = now(), last_error = 'refused', attempts = 9, published_at = null",
    );

  it("shows what was set aside and changes nothing without --yes", async () => {
    await insertBooking(database.sql);
    await die();
    const { report, lines } = await runCommand(database, replay);
    expect(report).toMatchObject({ applied: false, dead: 1, rows: [{ kind: "booking.changed", reason: "refused" }] });
    expect(lines.join("\n")).toMatch(/1 message would go back.*\n.*refused\n.*--yes/);
    expect(await readOutbox(database.sql)).toMatchObject([{ dead: true }]);
  });

  it("gives every row back to the relay once, however many there are", async () => {
    await database.sql(
      "insert into private.outbox (topic, data) select 'booking-events', '{}' from generate_series(1, 250)",
    );
    await die();
    expect((await runCommand(database, replay, ["--yes", "--rate", "1000"])).report).toMatchObject({ replayed: 250 });
    expect((await readOutbox(database.sql)).filter(({ dead }) => dead)).toEqual([]);
    expect((await runCommand(database, replay, ["--yes"])).report).toMatchObject({ replayed: 0 });
  });

  it("queues the bookings of dead letters once, and a failed one waits anew", async () => {
    const [failed, waiting] = [await insertBooking(database.sql), await insertBooking(database.sql)];
    await database.sql("update private.outbox set published_at = now() where data ->> 'bookingId' = $1", [failed]);
    await database.sql("update public.bookings set pipeline_status = 'failed', pipeline_reason = 'x' where id = $1", [
      failed,
    ]);
    await database.sql("insert into private.booking_leases (booking_id, requeues) values ($1, 10)", [failed]);
    expect((await runCommand(database, replay, [failed, waiting])).report).toMatchObject({ queued: 0 });
    expect((await runCommand(database, replay, [failed, waiting, "--yes"])).report).toMatchObject({ queued: 1 });
    expect((await runCommand(database, replay, [failed, waiting, "--yes"])).report).toMatchObject({ queued: 0 });
    expect(await kinds()).toEqual(["booking.changed", "booking.changed", "booking.replay"]);
    expect(await readBooking(database.sql, failed)).toMatchObject({
      pipeline_status: "pending",
      pipeline_reason: null,
    });
    expect(await database.sql("select requeues from private.booking_leases where booking_id = $1", [failed])).toEqual([
      { requeues: 0 },
    ]);
  });

  it("queues nothing when one of the ids is unknown", async () => {
    const [known, unknown] = [await insertBooking(database.sql), crypto.randomUUID()];
    await published();
    await expect(runCommand(database, replay, [known, unknown, "--yes"])).rejects.toThrow(unknown);
    expect(await kinds()).toEqual(["booking.changed"]);
  });

  it("leaves a booking alone whose recording failed: a look would cover that up", async () => {
    const { bookingId, userId, recordingName } = await insertHeldMeeting(database.sql, { pipelineStatus: "failed" });
    await published();
    await database.sql(
      "insert into public.recordings (recording_name, conference_record, user_id, booking_id, state) values ($1, 'c', $2, $3, 'failed')",
      [recordingName, userId, bookingId],
    );
    expect((await runCommand(database, replay, [bookingId, "--yes"])).lines[0]).toMatch(/its recording failed/);
    expect((await readBooking(database.sql, bookingId)).pipeline_status).toBe("failed");
  });
});

describe("resync", () => {
  it("wants to know which bookings, exactly once", async () => {
    await expect(runCommand(database, resync)).rejects.toThrow("Say which bookings");
    await expect(runCommand(database, resync, ["--all", "--booking", "x"])).rejects.toThrow("Say which bookings");
    await expect(runCommand(database, resync, ["--all", "--yes", "--dry-run"])).rejects.toThrow("not both");
    await expect(runCommand(database, resync, ["--all", "--rate", "0"])).rejects.toThrow("whole number from 1 to 100");
    await expect(runCommand(database, resync, ["--consultant", crypto.randomUUID()])).rejects.toThrow("no consultant");
  });

  it("counts only, unless --yes is given; then queues each booking ahead once within the hour", async () => {
    for (let count = 0; count < 3; count += 1) await insertBooking(database.sql);
    await insertBooking(database.sql, { startsAt: "2020-05-06T10:00:00Z", endsAt: "2020-05-06T11:00:00Z" });
    await insertBooking(database.sql, { status: "pending" });
    await published();
    expect((await runCommand(database, resync, ["--all"])).report).toEqual({ applied: false, bookings: 3 });
    const all = ["--all", "--yes", "--rate", "100"];
    expect((await runCommand(database, resync, all)).report).toMatchObject({ queued: 3, complete: true });
    await published();
    expect((await runCommand(database, resync, all)).report).toMatchObject({ queued: 0, complete: true });
    await database.sql("update private.outbox set created_at = now() - interval '1 minute'");
    expect((await runCommand(database, resync, [...all, "--again-after", "30"])).report).toMatchObject({ queued: 3 });
  });

  it("goes on where it was broken off", async () => {
    for (let count = 0; count < 5; count += 1) await insertBooking(database.sql);
    await published();
    const some = ["--all", "--yes", "--rate", "100", "--limit", "2"];
    expect((await runCommand(database, resync, some)).report).toMatchObject({ queued: 2, complete: false });
    expect((await runCommand(database, resync, some)).report).toMatchObject({ queued: 2, complete: false });
    expect((await runCommand(database, resync, some)).report).toMatchObject({ queued: 1, complete: true });
    const looked = (await readOutbox(database.sql)).filter(({ kind }) => kind === "booking.resync");
    expect(new Set(looked.map(({ bookingId }) => bookingId)).size).toBe(5);
  });

  it("takes the bookings of one consultant, and those whose event may have been left behind", async () => {
    const [{ bookingId, userId }] = [
      await insertHeldMeeting(database.sql, { startsAt: new Date("2031-01-01T10:00:00Z") }),
    ];
    await insertBooking(database.sql);
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [bookingId]);
    await published();
    const [consultant] = await database.sql<{ id: string }>("select id from public.consultants where user_id = $1", [
      userId,
    ]);
    const args = ["--consultant", consultant!.id, "--yes"];
    expect((await runCommand(database, resync, args)).report).toMatchObject({ queued: 1 });
    expect(await readOutbox(database.sql)).toContainEqual(
      expect.objectContaining({ bookingId, kind: "booking.resync", published: false }),
    );
  });

  it("is queued once when two operators ask at the same moment", async () => {
    const id = await insertBooking(database.sql);
    await published();
    const runs = await Promise.all(
      [1, 2, 3].map(() => runCommand<{ queued: number }>(database, resync, ["--booking", id, "--yes"])),
    );
    expect(runs.reduce((sum, { report }) => sum + report.queued, 0)).toBe(1);
  });
});
