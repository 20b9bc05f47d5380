import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CaptureLease, SealedAudio } from "#ports/capture-store.ts";
import { makeCaptureStore } from "#supabase/capture-store.ts";
import { makeCaptureWatchStore } from "#supabase/capture-watch-store.ts";
import { type HeldMeeting, insertHeldMeeting } from "#testing/bookings.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";

let database: TestDatabase;
let store: ReturnType<typeof makeCaptureStore>;
let watch: ReturnType<typeof makeCaptureWatchStore>;
let meeting: HeldMeeting;

const sealed: SealedAudio = { sizeBytes: 9, crc32c: "AAAAAA==", packets: 2, durationMs: 128, startsAfterMs: 0 };
const source = { sizeBytes: 10, md5: "0".repeat(32), revisionId: "1" };
const effect = { step: "test", effect: "recording.copy", key: "audio/x.mp4", outcome: "copied" };
const object = { object: { name: "audio/x.mp4", generation: "1" }, keepDays: 30, effect };
const OVERDUE = { overdueSeconds: 600, deadlineSeconds: 86_400, limit: 10, maxRequeues: 2 };

beforeAll(async () => {
  database = await openTestDatabase();
  const { service } = await database.api();
  store = makeCaptureStore(service);
  watch = makeCaptureWatchStore(service);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.recordings");
  await database.sql("delete from public.bookings");
  await database.sql("delete from private.outbox");
  meeting = await insertHeldMeeting(database.sql);
});

async function begin(of: HeldMeeting = meeting, holder: string = crypto.randomUUID()) {
  return await store.begin(of.recordingName, { userId: of.userId, holder, leaseSeconds: 60 });
}

async function leased(of: HeldMeeting = meeting): Promise<CaptureLease> {
  const start = await begin(of);
  if (start.kind !== "leased") throw new Error(start.kind);
  return start.lease;
}

const foundIn = (of: HeldMeeting, startsAt = new Date("2026-11-20T10:01:00Z")) => ({
  spaceName: of.spaceName,
  driveFileId: "file",
  exportUri: `https://drive.google.com/file/d/${of.recordingName.slice(-3)}`,
  startsAt,
  endsAt: new Date(startsAt.getTime() + 1_800_000),
});

/** As far as a copied recording, its lease still held. */
async function copied(of: HeldMeeting = meeting): Promise<CaptureLease> {
  const lease = await leased(of);
  await store.match(lease, foundIn(of));
  await store.noteUpload(lease, { sessionUri: "https://upload", source });
  await store.seal(lease, sealed);
  await store.finishCopy(lease, object);
  return lease;
}

const job = {
  chunk: 0,
  model: "chirp_2",
  languageCode: "en-US",
  audioUri: "gs://b/a",
  outputPrefix: "transcription/x/0/",
};

async function transcribing(of: HeldMeeting = meeting): Promise<string> {
  const lease = await copied(of);
  await store.planTranscription(lease, [job]);
  await store.claimStart(lease, { ...job, state: "planned", starts: 0 });
  await store.noteStarted({ recordingId: lease.recordingId, chunk: 0, operationName: "operations/1" }, effect);
  return lease.recordingId;
}

const recordingRow = async (name = meeting.recordingName) => {
  const [row] = await database.sql("select * from public.recordings where recording_name = $1", [name]);
  return row as Record<string, unknown>;
};
const bookingRow = async (id = meeting.bookingId) => {
  const [row] = await database.sql("select * from public.bookings where id = $1", [id]);
  return row as Record<string, unknown>;
};
const outboxKinds = async () =>
  (await database.sql<{ kind: string }>("select attributes ->> 'kind' as kind from private.outbox order by id")).map(
    ({ kind }) => kind,
  );
/** Moves what the database remembers into the past, instead of waiting. */
const anHourPasses = () =>
  database.sql(`
    with work as (
      update private.capture_work
      set expires_at = expires_at - interval '1 hour', requeued_at = requeued_at - interval '1 hour'
    ), jobs as (
      update private.transcription_jobs set checked_at = checked_at - interval '1 hour'
    )
    update public.recordings set since = since - interval '1 hour'`);

describe("the lease on a recording", () => {
  it("is given to one delivery at a time", async () => {
    const starts = await Promise.all(Array.from({ length: 8 }, () => begin()));
    expect(starts.map(({ kind }) => kind).sort()).toEqual([...Array(7).fill("busy"), "leased"]);
  });

  it("tells a redelivery of the same message from another message", async () => {
    await begin(meeting, "message-1");
    expect((await begin(meeting, "message-1")).kind).toBe("redelivered");
    expect((await begin(meeting, "message-2")).kind).toBe("busy");
  });

  it("goes to the next delivery once it has run out, and the first one may write nothing more", async () => {
    const first = await begin(meeting, "message-1");
    await anHourPasses();
    const second = await begin(meeting, "message-1");
    expect([first.kind, second.kind]).toEqual(["leased", "leased"]);
    if (first.kind !== "leased" || second.kind !== "leased") return;
    expect(await store.match(first.lease, foundIn(meeting))).toBeNull();
    expect(await store.noteUpload(first.lease, { sessionUri: null, source })).toBe(false);
    expect(await store.seal(first.lease, sealed)).toBe(false);
    expect(await store.finishCopy(first.lease, object)).toBe(false);
    expect(await store.planTranscription(first.lease, [job])).toBeNull();
    expect(await store.claimStart(first.lease, { ...job, state: "planned", starts: 0 })).toBe(false);
    expect(await store.fail(first.lease, "no")).toBe(false);
    expect(await store.park(first.lease, "no")).toBe(false);
    expect(await store.renew(first.lease, 60)).toBe("lost");
    await store.match(second.lease, foundIn(meeting));
    expect(await store.renew(second.lease, 60)).toBe("held");
  });

  it("ends with the work: a later event of the same recording finds nothing to do", async () => {
    const recordingId = await transcribing();
    const subject = { recordingId, bookingId: meeting.bookingId };
    expect(await begin()).toEqual({ kind: "settled", state: "transcribing", subject });
  });

  it("says which booking every answer is about, once one is matched", async () => {
    const first = await begin();
    expect(first.subject).toEqual({ recordingId: (await recordingRow())["id"] });
    if (first.kind === "leased") await store.match(first.lease, foundIn(meeting));
    const { bookingId } = meeting;
    expect((await begin(meeting, "another message")).subject).toMatchObject({ bookingId });
  });

  it("leaves the booking's trace in the ledger, whoever writes to it", async () => {
    const recordingId = await transcribing();
    await database.sql(
      "insert into private.effects (recording_id, step, effect, key, outcome) values ($1, 's', 'e', 'k', 'o')",
      [recordingId],
    );
    const effects = await database.sql("select distinct trace_id from private.effects where recording_id = $1", [
      recordingId,
    ]);
    expect(effects).toEqual([{ trace_id: meeting.bookingId.replaceAll("-", "") }]);
  });
});

describe("matching a recording with its booking", () => {
  it("goes by the room", async () => {
    const matched = await store.match(await leased(), foundIn(meeting));
    expect(matched).toMatchObject({ bookingId: meeting.bookingId, userId: meeting.userId, state: "found" });
  });

  it("takes the booking whose time overlaps most when a room has several", async () => {
    const { spaceName, userId } = meeting;
    const afternoon = await insertHeldMeeting(database.sql, {
      spaceName,
      userId,
      startsAt: new Date("2026-11-20T15:00:00Z"),
    });
    const lease = await leased(afternoon);
    const matched = await store.match(lease, foundIn(afternoon, new Date("2026-11-20T15:30:00Z")));
    expect(matched?.bookingId).toBe(afternoon.bookingId);
  });

  it("takes the nearest booking when the meeting was held at another time", async () => {
    const { spaceName, userId } = meeting;
    const nextWeek = await insertHeldMeeting(database.sql, {
      spaceName,
      userId,
      startsAt: new Date("2026-11-27T10:00:00Z"),
    });
    const lease = await leased(nextWeek);
    const matched = await store.match(lease, foundIn(nextWeek, new Date("2026-11-26T18:00:00Z")));
    expect(matched?.bookingId).toBe(nextWeek.bookingId);
  });

  it("uses the token of the room's owner, also when another consultant has the booking now", async () => {
    const other = await insertHeldMeeting(database.sql);
    await database.sql(
      `update public.bookings set consultant_id = (select id from public.consultants where user_id = $1) where id = $2`,
      [other.userId, meeting.bookingId],
    );
    const matched = await store.match(await leased(), foundIn(meeting));
    expect(matched?.userId).toBe(meeting.userId);
  });

  it("leaves a meeting in an unknown room alone, and says so", async () => {
    const matched = await store.match(await leased(), { ...foundIn(meeting), spaceName: "spaces/private" });
    expect(matched?.bookingId).toBeNull();
    expect(await recordingRow()).toMatchObject({ state: "ignored", reason: expect.stringContaining("no booking") });
    expect((await begin()).kind).toBe("settled");
    expect((await bookingRow())["pipeline_status"]).toBe("scheduled");
  });

  it("leaves the recording of a cancelled booking alone", async () => {
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    const matched = await store.match(await leased(), foundIn(meeting));
    expect(matched).toMatchObject({ bookingId: null, state: "ignored" });
  });

  it("goes on where it was when a cancelled booking stands again", async () => {
    const lease = await copied();
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    expect(await store.renew(lease, 60)).toBe("unwanted");
    await database.sql("update public.bookings set status = 'confirmed' where id = $1", [meeting.bookingId]);
    expect(await begin()).toMatchObject({ kind: "leased", recording: { state: "copied" } });
  });

  it("takes an ignored recording up again once its room is known", async () => {
    await store.match(await leased(), { ...foundIn(meeting), spaceName: "spaces/late" });
    await insertHeldMeeting(database.sql, { spaceName: "spaces/late" });
    expect((await begin()).kind).toBe("leased");
  });
});

describe("what a copied recording leaves on its booking", () => {
  it("is the link to the recording and the state captured", async () => {
    await copied();
    expect(await bookingRow()).toMatchObject({
      pipeline_status: "captured",
      meeting_recording_url: foundIn(meeting).exportUri,
    });
    expect(await recordingRow()).toMatchObject({ state: "copied", object_crc32c: "AAAAAA==", duration_ms: "128" });
  });

  it.for(["transcribed", "analyzed"])("never goes back from %s", async (status) => {
    await database.sql("update public.bookings set pipeline_status = $2 where id = $1", [meeting.bookingId, status]);
    await copied();
    expect((await bookingRow())["pipeline_status"]).toBe(status);
  });

  it("is nothing for a booking that was cancelled while the audio was copied", async () => {
    const lease = await leased();
    await store.match(lease, foundIn(meeting));
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    const before = await bookingRow();
    expect(await store.renew(lease, 60)).toBe("unwanted");
    expect(await store.finishCopy(lease, object)).toBe(false);
    expect(await bookingRow()).toEqual(before);
    expect(await recordingRow()).toMatchObject({ state: "ignored", reason: expect.stringContaining("cancelled") });
  });

  it("is nothing for a booking that was deleted while the audio was copied", async () => {
    const lease = await leased();
    await store.match(lease, foundIn(meeting));
    await database.sql("delete from public.bookings where id = $1", [meeting.bookingId]);
    expect(await store.renew(lease, 60)).toBe("lost");
    expect(await store.finishCopy(lease, object)).toBe(false);
  });

  it("links the earliest of several recordings", async () => {
    await copied();
    const part = { ...meeting, recordingName: `${meeting.conferenceRecord}/recordings/earlier` };
    const lease = await leased(part);
    await store.match(lease, { ...foundIn(part, new Date("2026-11-20T09:59:00Z")), exportUri: "https://earlier" });
    await store.seal(lease, sealed);
    await store.finishCopy(lease, object);
    expect((await bookingRow())["meeting_recording_url"]).toBe("https://earlier");
  });
});

describe("a recording that fails", () => {
  it("says why, and so does the booking when it was the only one", async () => {
    const lease = await leased();
    await store.match(lease, foundIn(meeting));
    await store.fail(lease, "The recording has no audio track.");
    expect(await recordingRow()).toMatchObject({ state: "failed", reason: "The recording has no audio track." });
    expect(await bookingRow()).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: "The recording has no audio track.",
    });
  });

  it("does not fail the booking while another recording may succeed", async () => {
    await copied();
    const part = { ...meeting, recordingName: `${meeting.conferenceRecord}/recordings/broken` };
    const lease = await leased(part);
    await store.match(lease, foundIn(part));
    await store.fail(lease, "broken");
    expect((await bookingRow())["pipeline_status"]).toBe("captured");
  });

  it("waits for the consultant when the Google access is gone", async () => {
    const lease = await leased();
    await store.match(lease, foundIn(meeting));
    await database.sql("update public.google_connections set state = 'needs_reconnect' where user_id = $1", [
      meeting.userId,
    ]);
    await store.park(lease, "Connect Google again.");
    expect(await recordingRow()).toMatchObject({ state: "found", reason: "Connect Google again." });
    expect(await bookingRow()).toMatchObject({ pipeline_status: "needs_reconnect" });
  });

  it("rests when the working connection lacks a right, and goes on once the consultant has connected again", async () => {
    for (const expected of [1, 1, 0]) {
      const lease = await leased();
      await store.match(lease, foundIn(meeting));
      await store.park(lease, "Connect Google again.");
      await anHourPasses();
      await database.sql("update private.outbox set published_at = now()");
      expect(await watch.requeueStuck(OVERDUE)).toBe(expected);
    }
    expect(await recordingRow()).toMatchObject({ state: "found" });
    expect(await bookingRow()).toMatchObject({
      pipeline_status: "failed",
      pipeline_reason: "Connect Google again.",
    });
    await database.sql("update public.google_connections set token_version = token_version + 1");
    expect(await watch.requeueStuck(OVERDUE)).toBe(1);
    await copied();
    expect(await bookingRow()).toMatchObject({ pipeline_status: "captured", pipeline_reason: null });
  });

  it("is told beside the transcript that another recording gave", async () => {
    const of = await copied();
    await database.sql("update public.bookings set pipeline_status = 'analyzed', pipeline_reason = 'still on its way'");
    await database.sql("update public.recordings set state = 'transcribed' where id = $1", [of.recordingId]);
    const part = { ...meeting, recordingName: `${meeting.conferenceRecord}/recordings/broken` };
    const lease = await leased(part);
    await store.match(lease, foundIn(part));
    await store.fail(lease, "The recording has no audio track.");
    expect(await bookingRow()).toMatchObject({
      pipeline_status: "analyzed",
      pipeline_reason: "A recording of this meeting is missing: The recording has no audio track.",
    });
  });
});

describe("paid transcription jobs", () => {
  it("may be started once, however many ask", async () => {
    const lease = await copied();
    await store.planTranscription(lease, [job]);
    const planned = { ...job, state: "planned", starts: 0 } as const;
    const claims = await Promise.all(Array.from({ length: 6 }, () => store.claimStart(lease, planned)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  it("may not be started for a booking that was cancelled meanwhile", async () => {
    const lease = await copied();
    await store.planTranscription(lease, [job]);
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    expect(await store.claimStart(lease, { ...job, state: "planned", starts: 0 })).toBe(false);
  });

  it("keep their first plan, and tell a started one from a planned one", async () => {
    const lease = await copied();
    await store.planTranscription(lease, [job]);
    await store.claimStart(lease, { ...job, state: "planned", starts: 0 });
    const again = await store.planTranscription(lease, [{ ...job, model: "other" }]);
    expect(again).toEqual([{ ...job, state: "starting", starts: 1 }]);
  });

  it("make the recording transcribing and free the lease", async () => {
    await transcribing();
    expect(await recordingRow()).toMatchObject({ state: "transcribing" });
    const [work] = await database.sql("select holder from private.capture_work");
    expect(work).toEqual({ holder: null });
  });
});

describe("keep-watch", () => {
  it("announces a transcription whose notification was lost, and only once per round", async () => {
    const recordingId = await transcribing();
    await anHourPasses();
    const due = await watch.claimRunningTranscriptions(OVERDUE);
    expect(due).toEqual([{ recordingId, chunk: 0, operationName: "operations/1", isLate: false }]);
    expect(await watch.claimRunningTranscriptions(OVERDUE)).toEqual([]);
    await watch.settleTranscription(recordingId, 0, null);
    expect(await outboxKinds()).toContain("transcription.finished");
  });

  it("tells which transcriptions run longer than they may", async () => {
    await transcribing();
    await anHourPasses();
    await database.sql("update private.transcription_jobs set started_at = now() - interval '25 hours'");
    expect(await watch.claimRunningTranscriptions(OVERDUE)).toMatchObject([{ isLate: true }]);
  });

  it("fails the recording and the booking when Speech failed", async () => {
    const recordingId = await transcribing();
    await watch.settleTranscription(recordingId, 0, "Speech could not read it.");
    expect(await recordingRow()).toMatchObject({ state: "failed", reason: "Speech could not read it." });
    expect(await bookingRow()).toMatchObject({ pipeline_status: "failed" });
  });

  it("asks again for a stuck recording, a bounded number of times, then says so", async () => {
    const lease = await leased();
    await store.match(lease, foundIn(meeting));
    await store.release(lease, "Google Drive is not available.");
    for (const expected of [1, 1, 0]) {
      await anHourPasses();
      await database.sql("update private.outbox set published_at = now()");
      expect(await watch.requeueStuck(OVERDUE)).toBe(expected);
    }
    const reason = "Google Drive is not available. Nothing moved in 2 rounds of retries (it was found).";
    expect(await recordingRow()).toMatchObject({ state: "failed", reason });
    expect(await bookingRow()).toMatchObject({ pipeline_status: "failed", pipeline_reason: reason });
    expect((await outboxKinds()).filter((kind) => kind === "recording.found")).toHaveLength(2);
  });

  it("leaves a recording alone that somebody works on, or whose consultant is not connected", async () => {
    await leased();
    await anHourPasses();
    await database.sql("update private.capture_work set expires_at = now() + interval '1 minute'");
    expect(await watch.requeueStuck(OVERDUE)).toBe(0);
    await database.sql("update private.capture_work set holder = null");
    await database.sql("update public.google_connections set state = 'needs_reconnect'");
    expect(await watch.requeueStuck(OVERDUE)).toBe(0);
  });

  it("asks again for what needs no consultant any more, unless the booking was cancelled", async () => {
    const recordingId = await transcribing();
    await watch.settleTranscription(recordingId, 0, null);
    await database.sql("update private.outbox set published_at = now()");
    await database.sql("update public.google_connections set state = 'disconnected'");
    await anHourPasses();
    expect(await watch.requeueStuck(OVERDUE)).toBe(1);
    await database.sql("update public.bookings set status = 'cancelled' where id = $1", [meeting.bookingId]);
    await anHourPasses();
    await database.sql("update private.outbox set published_at = now()");
    expect(await watch.requeueStuck(OVERDUE)).toBe(0);
    expect(await recordingRow()).toMatchObject({ state: "transcribing" });
  });

  it("searches for further parts of a recorded meeting, less often", async () => {
    const startsAt = new Date(Date.now() - 7_200_000);
    const ended = await insertHeldMeeting(database.sql, { startsAt });
    const lease = await leased(ended);
    await store.match(lease, foundIn(ended, startsAt));
    await store.noteUpload(lease, { sessionUri: "https://upload", source });
    await store.seal(lease, sealed);
    await store.finishCopy(lease, object);
    const options = { overdueSeconds: 600, giveUpSeconds: 86_400, limit: 10 };
    const found: number[] = [];
    for (const minutes of [0, 30, 31]) {
      await database.sql("update private.recording_searches set searched_at = searched_at - $1 * interval '1 minute'", [
        minutes,
      ]);
      const due = await watch.claimSearches(options);
      found.push(due.filter(({ bookingId }) => bookingId === ended.bookingId).length);
    }
    expect(found).toEqual([1, 0, 1]);
  });

  it("lets many bookings without a recording take turns", async () => {
    await database.sql("delete from public.bookings");
    const startsAt = new Date(Date.now() - 7_200_000);
    for (let n = 0; n < 3; n += 1) await insertHeldMeeting(database.sql, { startsAt });
    const options = { overdueSeconds: 600, giveUpSeconds: 86_400, limit: 2 };
    const seen = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      for (const { bookingId } of await watch.claimSearches(options)) seen.add(bookingId);
      await database.sql("update private.recording_searches set searched_at = searched_at - interval '1 hour'");
    }
    expect(seen.size).toBe(3);
  });

  it("searches the room of an ended booking without a recording, once per round and for a bounded time", async () => {
    const hour = 3_600_000;
    const ended = await insertHeldMeeting(database.sql, { startsAt: new Date(Date.now() - 2 * hour) });
    await insertHeldMeeting(database.sql, { startsAt: new Date(Date.now() - 48 * hour) });
    await insertHeldMeeting(database.sql, { startsAt: new Date(Date.now() + hour) });
    await database.sql("update public.bookings set pipeline_status = 'pending' where id = $1", [meeting.bookingId]);
    const options = { overdueSeconds: 600, giveUpSeconds: 86_400, limit: 10 };
    const { bookingId, userId, spaceName } = ended;
    expect(await watch.claimSearches(options)).toEqual([{ bookingId, userId, spaceName }]);
    expect(await watch.claimSearches(options)).toEqual([]);
  });

  it("announces only recordings that nobody had told us about", async () => {
    await leased();
    const names = [meeting.recordingName, "conferenceRecords/lost/recordings/1"];
    expect(await watch.announceRecordings(meeting.bookingId, meeting.userId, names)).toBe(1);
  });
});

describe("who may read recordings", () => {
  it("is their owner and nobody else", async () => {
    await leased();
    const own = database.asRole("authenticated", { sub: meeting.userId });
    const stranger = database.asRole("authenticated", { sub: crypto.randomUUID() });
    const count = "select count(*)::int as n from public.recordings";
    expect(await own(count)).toEqual([{ n: 1 }]);
    expect(await stranger(count)).toEqual([{ n: 0 }]);
    await expect(database.asRole("anon")(count)).rejects.toThrow(/permission denied/);
    await expect(own("update public.recordings set state = 'failed'")).rejects.toThrow(/permission denied/);
  });
});
