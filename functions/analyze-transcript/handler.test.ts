import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "#contracts/delivery.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { makeAnalysisStore } from "#supabase/analysis-store.ts";
import { makeCaptureWatchStore } from "#supabase/capture-watch-store.ts";
import { makeEffectLog } from "#supabase/effect-log.ts";
import { insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { makeHandler } from "./handler.ts";
import { makeInsightsStep } from "./insights-step.ts";
import { makePeopleLookup } from "./meeting-people-lookup.ts";
import { FakeWorld, type ScriptedRecording } from "./testing/fake-world.ts";
import { makeTranscriptStep } from "./transcript-step.ts";

const BUCKET = "project-recordings";
const LEASE_SECONDS = 30;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

async function handler(overrides: { leaseSeconds?: number } = {}) {
  const { service } = await database.api();
  const store = makeAnalysisStore(service, { leaseSeconds: overrides.leaseSeconds ?? LEASE_SECONDS });
  const effects = makeEffectLog(service);
  return makeHandler({
    store,
    bucket: BUCKET,
    storeTranscripts: makeTranscriptStep({
      store,
      effects,
      objects: world.objects,
      lookUpPeople: makePeopleLookup(world.meetings),
    }),
    writeInsights: makeInsightsStep({ store, effects, language: world.language }),
  });
}

let lastMessage = 0;
function delivery(attributes: Record<string, string>, more: Partial<Delivery> = {}): Delivery {
  lastMessage += 1;
  return {
    messageId: `m-${lastMessage}`,
    subscription: "analyze-transcript",
    attributes,
    data: {},
    publishedAt: null,
    attempt: 1,
    about: () => undefined,
    ...more,
  };
}
const notification = (objectId: string, more: Partial<Delivery> = {}): Delivery =>
  delivery({ bucketId: BUCKET, objectId, eventType: "OBJECT_FINALIZE", objectGeneration: "1" }, more);

/** A captured recording of a booking, with one job a chunk, as capture-artifacts leaves it. */
async function captured(
  script: ScriptedRecording,
  meeting?: Awaited<ReturnType<typeof insertHeldMeeting>>,
  startedAt = "2026-11-20T10:00:00Z",
) {
  const held = meeting ?? (await insertHeldMeeting(database.sql, { pipelineStatus: "captured" }));
  const [row] = await database.sql<{ id: string }>(
    `insert into public.recordings (recording_name, conference_record, booking_id, user_id, state, started_at)
     values ($1, $2, $3, $4, 'transcribing', $5) returning id`,
    [
      `${held.conferenceRecord}/recordings/${crypto.randomUUID()}`,
      held.conferenceRecord,
      held.bookingId,
      held.userId,
      startedAt,
    ],
  );
  const id = row!.id;
  for (const chunk of script.chunks.keys()) {
    await database.sql(
      `insert into private.transcription_jobs (recording_id, chunk, state, model, language_code, audio_uri, output_prefix)
       values ($1, $2, 'running', 'chirp_2', 'en-US', 'gs://b/a.m4a', $3)`,
      [id, chunk, `transcription/${id}/${chunk}/`],
    );
  }
  const objectNames = script.chunks.map((words, chunk) =>
    world.put(`transcription/${id}/${chunk}/a_transcript_1.json`, words),
  );
  world.hold(held.conferenceRecord, script, startedAt);
  return { ...held, recordingId: id, objectNames };
}

async function rowOf(bookingId: string) {
  const [row] = await database.sql<{
    meeting_transcript: string | null;
    ai_insights: Record<string, unknown> | null;
    pipeline_status: string;
    pipeline_reason: string | null;
  }>("select meeting_transcript, ai_insights, pipeline_status, pipeline_reason from public.bookings where id = $1", [
    bookingId,
  ]);
  return row!;
}

const talk: ScriptedRecording = {
  chunks: [
    [
      "Ada: Good morning Grace. We need a decision about the delivery budget today.",
      "Grace: Mm-hmm .",
      "Ada: Twelve thousand pounds is the limit for this year.",
    ],
  ],
};
const TALK_TEXT = [
  "Ada Lovelace: Good morning Grace. We need a decision about the delivery budget today.",
  "Grace Hopper: Mm-hmm .",
  "Ada Lovelace: Twelve thousand pounds is the limit for this year.",
].join("\n");

describe("a finished transcription", () => {
  it("becomes the row's transcript and insights, with Meet's names", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    expect(await handle(notification(meeting.objectNames[0]!))).toMatchObject({ kind: "done" });
    const row = await rowOf(meeting.bookingId);
    expect(row).toMatchObject({ meeting_transcript: TALK_TEXT, pipeline_status: "analyzed", pipeline_reason: null });
    expect(row.ai_insights).toMatchObject({
      version: 1,
      language: "en-US",
      sentiment: { score: 0.3, magnitude: 4, label: "positive" },
      entities: [{ name: "Grace", type: "PERSON" }],
      leftOut: [],
    });
    const asOwner = database.asRole("authenticated", { sub: meeting.userId });
    const segments = await asOwner(
      "select position, speaker, speaker_source from public.transcript_segments order by position",
    );
    expect(segments.map(({ speaker }) => speaker)).toEqual(["Ada Lovelace", "Grace Hopper", "Ada Lovelace"]);
    const [spent] = await database.sql(
      "select detail from private.effects where booking_id = $1 and effect = 'language.annotate'",
      [meeting.bookingId],
    );
    expect(spent).toEqual({ detail: { requests: 1, billedUnits: 3 } });
  });

  it("costs nothing more when its messages come again, in any form", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    await handle(notification(meeting.objectNames[0]!));
    const before = await rowOf(meeting.bookingId);
    const finished = delivery({ kind: "transcription.finished" }, { data: { recordingId: meeting.recordingId } });
    for (const again of [notification(meeting.objectNames[0]!), finished]) {
      expect(await handle(again)).toEqual({ kind: "ignored", reason: "nothing new" });
    }
    expect(await rowOf(meeting.bookingId)).toEqual(before);
    expect(world.calls).toEqual({ read: 1, participants: 1, entries: 1, language: 1 });
  });

  it("is done once when twenty messages come at the same time", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => handle(notification(meeting.objectNames[0]!))));
    expect(outcomes.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect(world.calls.language).toBe(1);
    expect(await rowOf(meeting.bookingId)).toMatchObject({
      meeting_transcript: TALK_TEXT,
      pipeline_status: "analyzed",
    });
  });

  it("waits until every chunk has its result, whatever their order", async () => {
    const meeting = await captured({ chunks: [["Ada: one two three"], ["Grace: four five six"]] });
    const [first, second] = [meeting.objectNames[0]!, meeting.objectNames[1]!];
    const removed = world.take(first);
    const handle = await handler();
    expect(await handle(notification(second))).toEqual({ kind: "ignored", reason: "no result yet for chunk 0" });
    expect(await rowOf(meeting.bookingId)).toMatchObject({ pipeline_status: "captured", meeting_transcript: null });
    world.restore(first, removed);
    expect(await handle(notification(first))).toMatchObject({ kind: "done" });
    expect((await rowOf(meeting.bookingId)).meeting_transcript).toBe(
      "Ada Lovelace: one two three\nGrace Hopper: four five six",
    );
  });

  it("is merged with the booking's other recordings in the order they were made", async () => {
    const later = await captured({ chunks: [["Grace: after the break"]] }, undefined, "2026-11-20T10:40:00Z");
    const handle = await handler();
    await handle(notification(later.objectNames[0]!));
    const earlier = await captured({ chunks: [["Ada: before the break"]] }, later, "2026-11-20T10:00:00Z");
    expect(await handle(notification(earlier.objectNames[0]!))).toMatchObject({ kind: "done" });
    const row = await rowOf(later.bookingId);
    expect(row.meeting_transcript).toBe("Ada Lovelace: before the break\nGrace Hopper: after the break");
    expect(row).toMatchObject({ pipeline_status: "analyzed", pipeline_reason: null });
  });

  it("says on the row that another recording is still on its way", async () => {
    const meeting = await captured(talk);
    await captured({ chunks: [["Grace: later"]] }, meeting, "2026-11-20T10:40:00Z");
    await (await handler())(notification(meeting.objectNames[0]!));
    expect((await rowOf(meeting.bookingId)).pipeline_reason).toMatch(/^Another recording/);
  });

  it("is of the newest result where a job ran twice, and an older one never comes back", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    const newer = world.put(
      `transcription/${meeting.recordingId}/0/a_transcript_0.json`,
      ["Ada: the newer words"],
      "9",
    );
    await handle(notification(newer));
    await handle(notification(meeting.objectNames[0]!));
    expect((await rowOf(meeting.bookingId)).meeting_transcript).toBe("Ada Lovelace: the newer words");
    world.take(newer);
    await handle(notification(meeting.objectNames[0]!));
    expect((await rowOf(meeting.bookingId)).meeting_transcript).toBe("Ada Lovelace: the newer words");
  });
});

describe("an analysis whose message was given up", () => {
  const OVERDUE = { overdueSeconds: 600, limit: 100, maxRequeues: 2 };
  const anHourPasses = (bookingId: string) =>
    database.sql(
      `with work as (
         update private.analysis_work set requeued_at = requeued_at - interval '1 hour' where booking_id = $1
       ), rows as (
         update public.bookings set pipeline_since = coalesce(pipeline_since, now()) - interval '1 hour' where id = $1
       ), sent as (
         update private.outbox set published_at = now()
       )
       update public.recordings set since = since - interval '1 hour' where booking_id = $1`,
      [bookingId],
    );
  /** What keep-watch announces for the booking in its next run. */
  const announced = async (bookingId: string) => {
    await anHourPasses(bookingId);
    await makeCaptureWatchStore((await database.api()).service).requeueStuckAnalyses(OVERDUE);
    const rows = await database.sql<{ data: Record<string, string>; attributes: Record<string, string> }>(
      `select data, attributes from private.outbox
       where topic = 'storage-events' and data ->> 'bookingId' = $1 and published_at is null`,
      [bookingId],
    );
    return rows.map(({ data, attributes }) => delivery(attributes, { data }));
  };
  const givenUp = async () => {
    const meeting = await captured(talk);
    world.languageFailure = new RetryableError("Natural Language is not available.", { code: "google_unavailable" });
    await expect((await handler())(notification(meeting.objectNames[0]!))).rejects.toThrow(RetryableError);
    return meeting;
  };

  it("is announced again by keep-watch and ends as if nothing had been", async () => {
    const { bookingId } = await givenUp();
    world.languageFailure = null;
    const [again] = await announced(bookingId);
    expect(await (await handler())(again!)).toMatchObject({ kind: "done" });
    expect(await rowOf(bookingId)).toMatchObject({ pipeline_status: "analyzed", pipeline_reason: null });
    expect(await announced(bookingId)).toEqual([]);
  });

  it("says on the row what it met with, once it was announced often enough", async () => {
    const { bookingId } = await givenUp();
    for (const expected of [1, 1, 0, 0]) expect(await announced(bookingId)).toHaveLength(expected);
    expect(await rowOf(bookingId)).toMatchObject({
      pipeline_status: "transcribed",
      pipeline_reason: "The insights could not be made in 2 rounds of retries. Natural Language is not available.",
    });
  });

  it("fails the booking when not even the transcript reached the row", async () => {
    const { bookingId } = await givenUp();
    await database.sql(
      "update public.bookings set pipeline_status = 'captured', meeting_transcript = null where id = $1",
      [bookingId],
    );
    for (const expected of [1, 1, 0, 0]) expect(await announced(bookingId)).toHaveLength(expected);
    expect(await rowOf(bookingId)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("The transcript could not be written in 2 rounds"),
    });
  });
});

describe("what can go wrong", () => {
  it.each([
    ["another bucket", { bucketId: "other", objectId: "transcription/x/0/a.json" }],
    ["audio", { bucketId: BUCKET, objectId: "audio/x/y.m4a" }],
    ["a deletion", { bucketId: BUCKET, objectId: "transcription/x/0/a.json", eventType: "OBJECT_DELETE" }],
    ["a file that is no result", { bucketId: BUCKET, objectId: "transcription/../../etc/passwd" }],
    ["an unknown recording", { bucketId: BUCKET, objectId: `transcription/${crypto.randomUUID()}/0/a.json` }],
    ["nothing at all", {}],
  ])("a message about %s is ignored", async (_name, attributes) => {
    expect(await (await handler())(delivery(attributes as Record<string, string>))).toMatchObject({ kind: "ignored" });
  });

  it("our own message without a recording is refused for good", async () => {
    const handle = await handler();
    await expect(handle(delivery({ kind: "transcription.finished" }, { data: { recordingId: 7 } }))).rejects.toThrow(
      PermanentError,
    );
  });

  it.each(["cancelled", "declined"])("nothing is written for a booking that is %s", async (status) => {
    const meeting = await captured(talk);
    await database.sql("update public.bookings set status = $2 where id = $1", [meeting.bookingId, status]);
    expect(await (await handler())(notification(meeting.objectNames[0]!))).toMatchObject({ kind: "ignored" });
    expect(await rowOf(meeting.bookingId)).toMatchObject({ meeting_transcript: null, ai_insights: null });
  });

  it("nothing is written once the booking is cancelled in the middle", async () => {
    const meeting = await captured(talk);
    world.beforeLanguage = async () => {
      await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    };
    const handle = await handler();
    await expect(handle(notification(meeting.objectNames[0]!))).rejects.toThrow(RetryableError);
    expect((await rowOf(meeting.bookingId)).ai_insights).toBeNull();
    expect(await handle(notification(meeting.objectNames[0]!))).toMatchObject({ kind: "ignored" });
  });

  it("nothing is left of a booking that is deleted", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    await handle(notification(meeting.objectNames[0]!));
    await database.sql("delete from public.bookings where id = $1", [meeting.bookingId]);
    expect(
      await database.sql("select 1 from public.transcript_segments where recording_id = $1", [meeting.recordingId]),
    ).toEqual([]);
    expect(await handle(notification(meeting.objectNames[0]!))).toMatchObject({ kind: "ignored" });
  });

  it("without Meet's notes there is a transcript without names, and the reason", async () => {
    const meeting = await captured(talk);
    world.meetFailure = new PermanentError("Google Meet does not allow this (403).", { code: "google_forbidden" });
    await (await handler())(notification(meeting.objectNames[0]!));
    const row = await rowOf(meeting.bookingId);
    expect(row.meeting_transcript).toMatch(/^Unknown speaker: Good morning/);
    expect(row.ai_insights?.["leftOut"]).toMatchObject([{ what: "speakers", message: expect.stringContaining("403") }]);
    world.meetFailure = null;
    const again = delivery({ kind: "transcription.finished" }, { data: { recordingId: meeting.recordingId } });
    expect(await (await handler())(again)).toMatchObject({ kind: "done" });
    expect((await rowOf(meeting.bookingId)).meeting_transcript).toBe(TALK_TEXT);
  });

  it("Meet's passing trouble is waited for, but not for ever", async () => {
    const meeting = await captured(talk);
    world.meetFailure = new RetryableError("Google Meet asks us to slow down.", { code: "google_rate_limited" });
    const handle = await handler();
    await expect(handle(notification(meeting.objectNames[0]!, { attempt: 3 }))).rejects.toThrow(RetryableError);
    expect(await rowOf(meeting.bookingId)).toMatchObject({ pipeline_status: "captured" });
    expect(await handle(notification(meeting.objectNames[0]!, { attempt: 10 }))).toMatchObject({ kind: "done" });
  });

  it("a language that is not supported is said, not shown as zeros", async () => {
    const meeting = await captured(talk);
    world.languageSupported = false;
    await (await handler())(notification(meeting.objectNames[0]!));
    const row = await rowOf(meeting.bookingId);
    expect(row).toMatchObject({ pipeline_status: "analyzed", meeting_transcript: TALK_TEXT });
    expect(row.ai_insights).toMatchObject({
      sentiment: null,
      entities: [],
      leftOut: [{ reason: "language_not_supported" }],
    });
  });

  it("a crash between transcript and insights leaves `transcribed`, and the next delivery goes on from there", async () => {
    const meeting = await captured(talk);
    world.languageFailure = new RetryableError("Natural Language is not available.", { code: "google_unavailable" });
    const handle = await handler();
    await expect(handle(notification(meeting.objectNames[0]!))).rejects.toThrow(RetryableError);
    expect(await rowOf(meeting.bookingId)).toMatchObject({
      pipeline_status: "transcribed",
      meeting_transcript: TALK_TEXT,
      ai_insights: null,
    });
    world.languageFailure = null;
    expect(await handle(notification(meeting.objectNames[0]!))).toMatchObject({ kind: "done" });
    expect(world.calls).toMatchObject({ read: 1, participants: 1, language: 2 });
  });

  it("a result that nobody can read ends in a reason after it was read three times", async () => {
    const meeting = await captured(talk);
    world.putText(meeting.objectNames[0]!, `{"results": [`);
    const handle = await handler();
    await expect(handle(notification(meeting.objectNames[0]!, { attempt: 2 }))).rejects.toThrow(RetryableError);
    expect(await handle(notification(meeting.objectNames[0]!, { attempt: 3 }))).toMatchObject({
      kind: "parked",
      code: "speech_output_unreadable",
    });
    const row = await rowOf(meeting.bookingId);
    expect(row.pipeline_status).toBe("failed");
    expect(row.pipeline_reason).toMatch(/cannot be read: it is not JSON.*replay the recording/);
  });

  it("a silent recording ends in a reason", async () => {
    const meeting = await captured({ chunks: [[]] });
    expect(await (await handler())(notification(meeting.objectNames[0]!))).toMatchObject({
      kind: "parked",
      code: "transcript_empty",
    });
    expect(await rowOf(meeting.bookingId)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("no words"),
    });
  });

  it("two silent recordings end in a reason, whichever comes last", async () => {
    const first = await captured({ chunks: [[]] });
    const second = await captured({ chunks: [[]] }, first, "2026-11-20T10:40:00Z");
    const handle = await handler();
    await handle(notification(first.objectNames[0]!));
    expect((await rowOf(first.bookingId)).pipeline_status).toBe("captured");
    await handle(notification(second.objectNames[0]!));
    expect(await rowOf(first.bookingId)).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: expect.stringContaining("no words"),
    });
  });

  it("a silent recording beside another ends what the row said of it", async () => {
    const meeting = await captured(talk);
    const silent = await captured({ chunks: [[]] }, meeting, "2026-11-20T10:40:00Z");
    const handle = await handler();
    await handle(notification(meeting.objectNames[0]!));
    await handle(notification(silent.objectNames[0]!));
    expect(await rowOf(meeting.bookingId)).toMatchObject({ pipeline_status: "analyzed", pipeline_reason: null });
  });

  it("an unreadable second recording leaves the first one's transcript and insights", async () => {
    const meeting = await captured(talk);
    const handle = await handler();
    await handle(notification(meeting.objectNames[0]!));
    const second = await captured({ chunks: [["Grace: x"]] }, meeting, "2026-11-20T10:40:00Z");
    world.putText(second.objectNames[0]!, "broken");
    await handle(notification(second.objectNames[0]!, { attempt: 3 }));
    const row = await rowOf(meeting.bookingId);
    expect(row).toMatchObject({ pipeline_status: "analyzed", meeting_transcript: TALK_TEXT });
    expect(row.pipeline_reason).toMatch(/cannot be read/);
  });

  it("a delivery whose lease ran out writes nothing any more", async () => {
    const meeting = await captured(talk);
    const slow = await handler({ leaseSeconds: 0.05 });
    world.beforeLanguage = async () => {
      world.beforeLanguage = null;
      await database.sql("select pg_sleep(0.1)");
      await (await handler())(notification(meeting.objectNames[0]!));
    };
    await expect(slow(notification(meeting.objectNames[0]!))).rejects.toMatchObject({ code: "lease_lost" });
    expect(await rowOf(meeting.bookingId)).toMatchObject({
      pipeline_status: "analyzed",
      meeting_transcript: TALK_TEXT,
    });
  });

  it("the same delivery that comes again while it runs is told to wait", async () => {
    const meeting = await captured(talk);
    const message = notification(meeting.objectNames[0]!);
    const handle = await handler();
    let second: Promise<unknown> = Promise.resolve();
    world.beforeLanguage = async () => {
      second = handle(message);
      await expect(second).rejects.toMatchObject({ code: "lease_held" });
    };
    expect(await handle(message)).toMatchObject({ kind: "done" });
  });
});
