import { transcriptionPrefix } from "#domain/recording.ts";
import type { WorkOn } from "#kernel/trace.ts";
import { PermanentError } from "#kernel/verdicts.ts";
import type { CaptureWatchStore, RunningTranscription } from "#ports/capture-store.ts";
import type { MeetingArtifacts } from "#ports/meeting-artifacts.ts";
import type { ObjectStore } from "#ports/object-store.ts";
import type { Transcriber, TranscriptionProgress } from "#ports/transcriber.ts";
import type { Duty } from "./duty.ts";
import { eachInTurn } from "./each-in-turn.ts";

const LIMIT = 50;
/** With the overdue time of ten minutes this is most of two hours. */
const MAX_REQUEUES = 10;

const NO_RESULT = {
  running: "Speech-to-Text did not finish the transcription in the time it may take.",
  unknown: "Speech-to-Text no longer knows the transcription, and left no result.",
} as const;

/** Speech operations that ended without the bucket's notification reaching us, failed ones included. */
export function makeFinishedOperationsDuty(deps: {
  readonly store: CaptureWatchStore;
  readonly transcriber: Pick<Transcriber, "check">;
  readonly objects: Pick<ObjectStore, "list">;
  readonly overdueSeconds: number;
  /** A transcription that runs longer than this will never end. */
  readonly deadlineSeconds: number;
}): Duty {
  const settle = async (job: RunningTranscription): Promise<number> => {
    const { operationName } = job;
    // A result that was found in the bucket stands for an operation nobody knows the name of.
    const progress: TranscriptionProgress = operationName.startsWith("gs://")
      ? { kind: "succeeded", resultUri: operationName }
      : await deps.transcriber.check(operationName);
    if (progress.kind === "running" && !job.isLate) return 0;
    await deps.store.settleTranscription(job.recordingId, job.chunk, await whyNot(job, progress));
    return 1;
  };
  const whyNot = async (job: RunningTranscription, progress: TranscriptionProgress): Promise<string | null> => {
    if (progress.kind === "succeeded") return null;
    return progress.kind === "failed" ? progress.reason : await whyNoResult(job, progress.kind);
  };
  /** Null when there is one: Speech forgets operations after some days, what they have written is still there. */
  const whyNoResult = async ({ recordingId, chunk }: RunningTranscription, kind: "running" | "unknown") => {
    const results = await deps.objects.list(transcriptionPrefix(recordingId, chunk));
    return results.length > 0 ? null : NO_RESULT[kind];
  };
  return {
    name: "announce_finished_transcriptions",
    run: async () => {
      const { overdueSeconds, deadlineSeconds } = deps;
      const options = { overdueSeconds, deadlineSeconds, limit: LIMIT };
      return eachInTurn(await deps.store.claimRunningTranscriptions(options), settle);
    },
  };
}

/** Recordings on which nothing has moved for too long: their work is announced again, a bounded number of times. */
export function makeStuckRecordingsDuty(deps: {
  readonly store: CaptureWatchStore;
  readonly overdueSeconds: number;
}): Duty {
  const options = { overdueSeconds: deps.overdueSeconds, limit: LIMIT, maxRequeues: MAX_REQUEUES };
  return { name: "requeue_stuck_recordings", run: () => deps.store.requeueStuck(options) };
}

/** Bookings whose analysis stands still although a transcript is stored: announced again, a bounded number of times. */
export function makeStuckAnalysesDuty(deps: {
  readonly store: Pick<CaptureWatchStore, "requeueStuckAnalyses">;
  readonly overdueSeconds: number;
}): Duty {
  const options = { overdueSeconds: deps.overdueSeconds, limit: LIMIT, maxRequeues: MAX_REQUEUES };
  return { name: "requeue_stuck_analyses", run: () => deps.store.requeueStuckAnalyses(options) };
}

/** Ended bookings: their room's conferences are searched for recordings whose event was lost. */
export function makeLostRecordingsDuty(deps: {
  readonly store: CaptureWatchStore;
  readonly meetings: Pick<MeetingArtifacts, "conferencesIn" | "recordings">;
  readonly overdueSeconds: number;
  /** How long after its end a booking is searched. */
  readonly giveUpSeconds: number;
  readonly workOn: WorkOn;
}): Duty {
  const search = async ({ bookingId, userId, spaceName }: { bookingId: string; userId: string; spaceName: string }) => {
    const names: string[] = [];
    for (const conference of await deps.meetings.conferencesIn(userId, spaceName)) {
      const recordings = await deps.meetings.recordings(userId, conference.name);
      names.push(...recordings.filter(({ state }) => state === "FILE_GENERATED").map(({ name }) => name));
    }
    return names.length === 0 ? 0 : await deps.store.announceRecordings(bookingId, userId, names);
  };
  return {
    name: "find_lost_recordings",
    run: async () => {
      const { overdueSeconds, giveUpSeconds } = deps;
      const due = await deps.store.claimSearches({ overdueSeconds, giveUpSeconds, limit: LIMIT });
      return eachInTurn(due, (one) =>
        deps.workOn({ bookingId: one.bookingId }, () => search(one)).catch(noneIfRefused),
      );
    },
  };
}

/** A consultant whose access is gone has been told so; the run need not fail for it. */
function noneIfRefused(thrown: unknown): number {
  if (thrown instanceof PermanentError) return 0;
  throw thrown;
}
