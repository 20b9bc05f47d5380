import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makePipelineStatusStore } from "#supabase/pipeline-status-store.ts";
import { insertBooking } from "#testing/booking-rows.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { makeReportStatus } from "./report-status.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("delete from public.google_connections");
  await database.sql("truncate private.outbox, private.messages, private.booking_tombstones");
});

type Line = Readonly<Record<string, string | number>>;

async function reported(): Promise<Line> {
  const lines: Line[] = [];
  const { service } = await database.api();
  const store = makePipelineStatusStore(service, { recentSeconds: 604_800, expiringSeconds: 86_400 });
  expect(await makeReportStatus({ store, write: (line) => lines.push(line) }).run()).toBe(0);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

/** A meeting that ended some hours ago, as far as the columns say. */
async function heldMeeting(columns: string, hours = 3): Promise<{ bookingId: string; userId: string }> {
  const meeting = await insertHeldMeeting(database.sql, { startsAt: hoursAgo(hours) });
  await database.sql(`update public.bookings set ${columns} where id = $1`, [meeting.bookingId]);
  return meeting;
}

async function transcribed(userId: string, bookingId: string, minutes: number, starts: number): Promise<void> {
  await database.sql(
    `with r as (
       insert into public.recordings (recording_name, conference_record, user_id, booking_id, state, duration_ms)
       values (gen_random_uuid()::text, 'conferenceRecords/x', $1, $2, 'transcribing', $3::bigint * 60000) returning id
     ) insert into private.transcription_jobs
         (recording_id, chunk, state, model, language_code, audio_uri, output_prefix, starts, started_at)
       select id, chunk, 'running', 'chirp_2', 'de-DE', 'gs://b/a', 'transcription/', $4, now()
       from r, generate_series(0, 1) chunk`,
    [userId, bookingId, minutes, starts],
  );
}

describe("the status that keep-watch reports", () => {
  it("is one line of numbers, all zero where there is nothing", async () => {
    const { report, ...measures } = await reported();

    expect(report).toBe("pipeline_status");
    expect(Object.keys(measures).length).toBeGreaterThan(20);
    expect(new Set(Object.values(measures))).toEqual(new Set([0]));
  });

  it("counts how far meetings got that are over, each at every stage that it passed", async () => {
    const event = "google_calendar_event_id = 'e'";
    const captured = `${event}, meeting_recording_url = 'https://drive.google.com/x'`;
    await heldMeeting("pipeline_status = 'fallback'");
    await heldMeeting(event);
    await heldMeeting(`${captured}, pipeline_status = 'captured'`);
    // It failed later; what it had reached counts.
    await heldMeeting(`${captured}, meeting_transcript = 'text', pipeline_status = 'failed'`);
    await heldMeeting(`${captured}, meeting_transcript = 'text', ai_insights = '{}', pipeline_status = 'analyzed'`);

    expect(await reported()).toMatchObject({
      ...{ funnelConfirmed: 5, funnelScheduled: 4, funnelCaptured: 3, funnelTranscribed: 2, funnelAnalyzed: 1 },
    });
  });

  it("leaves out of the funnel what is ahead, cancelled, older than 30 days or never was ours", async () => {
    await insertBooking(database.sql);
    await heldMeeting("google_calendar_event_id = 'e'", 31 * 24);
    await heldMeeting("status = 'cancelled'");
    await heldMeeting("pipeline_status = null");

    expect(await reported()).toMatchObject({ funnelConfirmed: 0, funnelScheduled: 0 });
  });

  it("tells how long the oldest booking has stood in each step, and of those that wait for their meeting nothing", async () => {
    const since = (seconds: number) => `pipeline_since = now() - interval '${seconds} s'`;
    await heldMeeting(`pipeline_status = 'captured', ${since(5_000)}`);
    await heldMeeting(`pipeline_status = 'captured', ${since(90)}`);
    await heldMeeting(`pipeline_status = 'transcribed', ${since(70)}`);
    await heldMeeting(`pipeline_status = 'scheduled', ${since(1_000_000)}`);

    const line = await reported();
    expect(line["oldestCapturedSeconds"]).toBeGreaterThanOrEqual(5_000);
    expect(line["oldestCapturedSeconds"]).toBeLessThan(5_060);
    expect(line["oldestTranscribedSeconds"]).toBeGreaterThanOrEqual(70);
    expect(line["oldestPendingSeconds"]).toBe(0);
  });

  it("counts as the last hour's failures no older ones", async () => {
    await heldMeeting("pipeline_status = 'failed', pipeline_since = now() - interval '59 min'");
    await heldMeeting("pipeline_status = 'failed', pipeline_since = now() - interval '61 min'");
    const { userId } = await heldMeeting("pipeline_status = 'scheduled'");
    await database.sql(
      "update public.google_connections set state = 'needs_reconnect', since = now() where user_id = $1",
      [userId],
    );

    expect(await reported()).toMatchObject({
      ...{ bookingsFailedLastHour: 1, bookingsFailed: 2, connectionsLostLastHour: 1, connectionsToRenew: 1 },
    });
  });

  it("adds up what Speech is paid for: each start again, a recording in parts once", async () => {
    const { userId, bookingId } = await heldMeeting("pipeline_status = 'captured'");
    await transcribed(userId, bookingId, 30, 1);
    await transcribed(userId, bookingId, 10, 2);
    await database.sql(
      "update private.transcription_jobs set started_at = now() - interval '25 hours' where chunk = 1 and starts = 2",
    );

    expect(await reported()).toMatchObject({ speechMinutesLastDay: 40 });
  });

  it("names nobody: a canary in every text of a booking is in no line", async () => {
    const canary =
      "title = 'canary', customer_name = 'canary', customer_email = 'canary@example.com', notes = 'canary'";
    await heldMeeting(
      `${canary}, meeting_transcript = 'canary', pipeline_reason = 'canary', pipeline_status = 'failed'`,
    );

    expect(JSON.stringify(await reported())).not.toContain("canary");
  });
});
