import { describe, expect, it } from "vitest";
import { NeedsReconnectError, RetryableError } from "#kernel/verdicts.ts";
import type { CaptureWatchStore } from "#ports/capture-store.ts";
import type { MeetingArtifacts, MeetRecording } from "#ports/meeting-artifacts.ts";
import type { TranscriptionProgress } from "#ports/transcriber.ts";
import { workOn } from "#runtime/run-context.ts";
import { makeFinishedOperationsDuty, makeLostRecordingsDuty } from "./recording-duties.ts";

const at = new Date("2026-11-20T10:00:00Z");
const recording = (name: string, state: MeetRecording["state"] = "FILE_GENERATED"): MeetRecording => ({
  name,
  state,
  driveFileId: "1file",
  exportUri: null,
  startsAt: at,
  endsAt: at,
});

/** A store that hands out the given work and notes what is done about it. */
function storeWith(work: { operations?: readonly string[]; isLate?: boolean; searches?: readonly string[] }) {
  const settled: (string | null)[] = [];
  const announced: string[] = [];
  const store: CaptureWatchStore = {
    claimRunningTranscriptions: async () =>
      (work.operations ?? []).map((operationName) => ({
        recordingId: "r",
        chunk: 0,
        operationName,
        isLate: work.isLate ?? false,
      })),
    settleTranscription: async (_recordingId, _chunk, reason) => void settled.push(reason),
    requeueStuck: async () => 0,
    requeueStuckAnalyses: async () => 0,
    claimSearches: async () =>
      (work.searches ?? []).map((userId) => ({ bookingId: "b", userId, spaceName: "spaces/s" })),
    announceRecordings: async (_bookingId, _userId, names) => {
      announced.push(...names);
      return names.length;
    },
  };
  return { store, settled, announced };
}

const transcriberThat = (progress: TranscriptionProgress) => ({
  start: () => Promise.reject(new Error("a watch never pays")),
  find: () => Promise.reject(new Error("a watch never searches")),
  check: async () => progress,
});

const TIMES = { overdueSeconds: 600, deadlineSeconds: 86_400 };

describe("finished operations", () => {
  const run = async (progress: TranscriptionProgress, operation = "operations/1", inBucket: readonly string[] = []) => {
    const { store, settled } = storeWith({ operations: [operation] });
    const objects = {
      list: async (prefix: string) =>
        inBucket
          .filter((name) => name.startsWith(prefix))
          .map((name) => ({ name, sizeBytes: 1, crc32c: "AAAAAA==", generation: "1" })),
    };
    const transcriber = transcriberThat(progress);
    const duty = makeFinishedOperationsDuty({ store, transcriber, objects, ...TIMES });
    return { count: await duty.run(), settled };
  };

  it("are announced when they succeeded", async () => {
    expect(await run({ kind: "succeeded", resultUri: "gs://b/x" })).toEqual({ count: 1, settled: [null] });
  });

  it("are left alone while they run", async () => {
    expect(await run({ kind: "running" })).toEqual({ count: 0, settled: [] });
  });

  it("fail their recording with Speech's own words, or when nobody knows them any more", async () => {
    expect((await run({ kind: "failed", reason: "bad audio" })).settled).toEqual(["bad audio"]);
    expect((await run({ kind: "unknown" })).settled).toEqual([expect.stringContaining("no longer knows")]);
  });

  it("that never end fail their recording once they are late", async () => {
    const { store, settled } = storeWith({ operations: ["operations/1"], isLate: true });
    const transcriber = transcriberThat({ kind: "running" });
    const objects = { list: async () => [] };
    await makeFinishedOperationsDuty({ store, transcriber, objects, ...TIMES }).run();
    expect(settled).toEqual([expect.stringContaining("did not finish")]);
  });

  it("are looked for in the bucket when Speech has forgotten them", async () => {
    const result = "transcription/r/0/a_transcript.json";
    expect(await run({ kind: "unknown" }, "operations/1", [result])).toEqual({ count: 1, settled: [null] });
  });

  it("are settled although one before them could not be asked about", async () => {
    const { store, settled } = storeWith({ operations: ["operations/1", "operations/2"] });
    const check = async (name: string): Promise<TranscriptionProgress> => {
      if (name === "operations/1") throw new RetryableError("down", { code: "google_unavailable" });
      return { kind: "succeeded", resultUri: "gs://b/x" };
    };
    const objects = { list: async () => [] };
    const duty = makeFinishedOperationsDuty({ store, transcriber: { check }, objects, ...TIMES });
    await expect(duty.run()).rejects.toThrow("down");
    expect(settled).toEqual([null]);
  });

  it("are known by their result when the operation's name was lost", async () => {
    expect(await run({ kind: "unknown" }, "gs://bucket/transcription/r/0/result.json")).toMatchObject({
      settled: [null],
    });
  });
});

describe("lost recordings", () => {
  const meetingsWith = (recordings: Record<string, readonly MeetRecording[] | Error>) => ({
    conferencesIn: async (userId: string) => {
      const found = recordings[userId];
      if (found instanceof Error) throw found;
      return [{ name: `conferenceRecords/${userId}`, spaceName: "spaces/s", startsAt: at, endsAt: at }];
    },
    recordings: async (userId: string) => recordings[userId] as readonly MeetRecording[],
  });
  const run = async (recordings: Record<string, readonly MeetRecording[] | Error>) => {
    const { store, announced } = storeWith({ searches: Object.keys(recordings) });
    const meetings: Pick<MeetingArtifacts, "conferencesIn" | "recordings"> = meetingsWith(recordings);
    const duty = makeLostRecordingsDuty({ store, meetings, overdueSeconds: 600, giveUpSeconds: 86_400, workOn });
    return { count: duty.run(), announced };
  };

  it("are announced once their file exists", async () => {
    const { count, announced } = await run({ ada: [recording("one"), recording("two", "STARTED")] });
    expect(await count).toBe(1);
    expect(announced).toEqual(["one"]);
  });

  it("of others are found although one consultant's access is gone", async () => {
    const gone = new NeedsReconnectError("gone", { code: "google_signed_out", userId: "ada" });
    const { count } = await run({ ada: gone, grace: [recording("one")] });
    expect(await count).toBe(1);
  });

  it("are looked for again in the next run when Meet does not answer, others' now", async () => {
    const down = new RetryableError("down", { code: "google_unavailable" });
    const { count, announced } = await run({ ada: down, grace: [recording("one")] });
    await expect(count).rejects.toThrow("down");
    expect(announced).toEqual(["one"]);
  });
});
