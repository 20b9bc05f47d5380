import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readBooking, readOutbox } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { replay } from "../replay.ts";
import { runCommand } from "../testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox, private.changes, private.booking_rooms");
});

interface Failed {
  readonly object?: boolean;
  readonly job?: "failed" | "succeeded" | "starting";
  readonly reason?: string;
  readonly bookingStatus?: string;
}

/** A held meeting whose only recording failed, and its booking with it. */
async function insertFailed({ object = false, job, reason = "refused", bookingStatus = "confirmed" }: Failed = {}) {
  const meeting = await insertHeldMeeting(database.sql, { pipelineStatus: "failed" });
  const [row] = await database.sql<{ id: string }>(
    `insert into public.recordings (recording_name, conference_record, user_id, booking_id, state, reason, object_name,
       duration_ms, expires_at)
     values ($1, 'c', $2, $3, 'failed', $4, $5, 60000, now() + interval '1 day') returning id`,
    [meeting.recordingName, meeting.userId, meeting.bookingId, reason, object ? "audio/x" : null],
  );
  const id = row!.id;
  await database.sql("insert into private.capture_work (recording_id, requeues) values ($1, 10)", [id]);
  if (job !== undefined) {
    await database.sql(
      `insert into private.transcription_jobs (recording_id, chunk, state, model, language_code, audio_uri, output_prefix,
         operation_name, starts, started_at, finished_at)
       values ($1, 0, $2, 'chirp_2', 'en-US', 'gs://b/a', 'transcription/', 'op', 1, now(), now())`,
      [id, job],
    );
  }
  await database.sql("update public.bookings set pipeline_reason = $2, status = $3 where id = $1", [
    ...[meeting.bookingId, reason, bookingStatus],
  ]);
  await database.sql("update public.bookings set pipeline_status = 'failed' where id = $1", [meeting.bookingId]);
  await database.sql("truncate private.outbox");
  return { ...meeting, id };
}

const stateOf = async (id: string) =>
  (await database.sql<{ state: string }>("select state from public.recordings where id = $1", [id]))[0]!.state;
const kinds = async () => (await readOutbox(database.sql)).map(({ kind }) => kind);

it.each<[string, Failed, string, string, string]>([
  ["that was never copied", {}, "found", "recording.found", "scheduled"],
  ["that Speech failed", { object: true, job: "failed" }, "copied", "recording.found", "captured"],
  ["whose results are there", { object: true, job: "succeeded" }, "transcribing", "transcription.finished", "captured"],
])("sets a recording %s going where it stopped, once", async (_what, options, state, kind, status) => {
  const { id, bookingId } = await insertFailed(options);
  const plan = await runCommand(database, replay, ["--recording", id]);
  expect([plan.report, await stateOf(id)]).toMatchObject([{ applied: false, revived: 0 }, "failed"]);
  expect((await runCommand(database, replay, ["--recording", id, "--yes"])).report).toMatchObject({ revived: 1 });
  expect([await stateOf(id), await kinds()]).toEqual([state, [kind]]);
  expect(await readBooking(database.sql, bookingId)).toMatchObject({ pipeline_status: status, pipeline_reason: null });
  expect((await runCommand(database, replay, ["--recording", id, "--yes"])).report).toMatchObject({ revived: 0 });
  expect(await kinds()).toEqual([kind]);
});

it("asks Speech for a failed job again, and keeps counting what was asked", async () => {
  const { id } = await insertFailed({ object: true, job: "failed" });
  await runCommand(database, replay, ["--recording", id, "--yes"]);
  const jobs = "select state, starts, operation_name from private.transcription_jobs where recording_id = $1";
  expect(await database.sql(jobs, [id])).toEqual([{ state: "planned", starts: 1, operation_name: null }]);
  expect(await database.sql("select requeues from private.capture_work where recording_id = $1", [id])).toEqual([
    { requeues: 0 },
  ]);
});

it("does not ask again for a job of which nobody knows whether it runs", async () => {
  const { id } = await insertFailed({ object: true, job: "starting" });
  await runCommand(database, replay, ["--recording", id, "--yes"]);
  expect(await database.sql("select state from private.transcription_jobs where recording_id = $1", [id])).toEqual([
    { state: "starting" },
  ]);
});

it("refuses with the reason what cannot be helped, and changes nothing", async () => {
  const gone = await insertFailed({ reason: "The recording is no longer in the organizer's Drive." });
  const off = await insertFailed({ bookingStatus: "cancelled" });
  for (const [id, words] of [
    [gone.id, /no longer in the organizer's Drive/],
    [off.id, /its booking is cancelled/],
  ] as const) {
    const { ok, lines } = await runCommand(database, replay, ["--recording", id, "--yes"]);
    expect([ok, lines[0]]).toEqual([false, expect.stringMatching(words)]);
    expect(await stateOf(id)).toBe("failed");
  }
  await expect(runCommand(database, replay, ["--recording", crypto.randomUUID()])).rejects.toThrow("no recording");
  expect(await kinds()).toEqual([]);
});

it("sets all that can be helped going, and a second run finds nothing more", async () => {
  const helped = [await insertFailed(), await insertFailed({ object: true })];
  const lost = await insertFailed({ reason: "Google has flagged the recording as harmful and does not hand it out." });
  const plan = await runCommand(database, replay, ["--failed-recordings"]);
  expect(plan.report).toMatchObject({ applied: false, revive: 2, refuse: 1 });
  expect(plan.lines[0]).toBe("2 recordings would be set going, 1 cannot be helped, 0 left alone.");
  const all = ["--failed-recordings", "--yes", "--rate", "100"];
  expect((await runCommand(database, replay, all)).report).toMatchObject({ revived: 2, complete: true });
  expect((await runCommand(database, replay, all)).report).toMatchObject({ revived: 0, complete: true });
  expect(await Promise.all(helped.map(({ id }) => stateOf(id)))).toEqual(["found", "copied"]);
  expect(await stateOf(lost.id)).toBe("failed");
});

it("takes up an analysis that keep-watch has given up", async () => {
  const { id, bookingId } = await insertFailed({ object: true, job: "succeeded" });
  await database.sql("update public.recordings set state = 'transcribed', reason = null where id = $1", [id]);
  await database.sql("insert into private.analysis_work (booking_id, requeues) values ($1, 11)", [bookingId]);
  expect((await runCommand(database, replay, ["--failed-recordings", "--yes"])).report).toMatchObject({ revived: 1 });
  expect([await stateOf(id), await kinds()]).toEqual(["transcribed", ["transcription.finished"]]);
  expect((await readBooking(database.sql, bookingId)).pipeline_status).toBe("captured");
});

it("two operators at the same moment set a recording going once", async () => {
  const { id } = await insertFailed();
  const runs = await Promise.all(
    [1, 2, 3].map(() => runCommand<{ revived: number }>(database, replay, ["--recording", id, "--yes"])),
  );
  expect(runs.reduce((sum, { report }) => sum + report.revived, 0)).toBe(1);
  expect(await kinds()).toEqual(["recording.found"]);
});

it("wants one choice", async () => {
  await expect(runCommand(database, replay, ["--failed-recordings", "--dead-letters"])).rejects.toThrow("Choose one");
});
