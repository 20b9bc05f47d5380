import { PermanentError } from "#kernel/verdicts.ts";
import type { CaptureWatchStore } from "#ports/capture-store.ts";
import type { MeetingArtifacts } from "#ports/meeting-artifacts.ts";
import type { Transcriber } from "#ports/transcriber.ts";
import type { Duty } from "./duty.ts";

const LIMIT = 50;
/** With the overdue time of ten minutes this is most of two hours. */
const MAX_REQUEUES = 10;

/** Speech operations that ended without the bucket's notification reaching us, failed ones included. */
export function makeFinishedOperationsDuty(deps: {
  readonly store: CaptureWatchStore;
  readonly transcriber: Transcriber;
  readonly overdueSeconds: number;
}): Duty {
  const settle = async (job: { recordingId: string; chunk: number; operationName: string }): Promise<number> => {
    // A result that was found in the bucket stands for an operation nobody knows the name of.
    const found = job.operationName.startsWith("gs://");
    const progress = found ? { kind: "succeeded" as const } : await deps.transcriber.check(job.operationName);
    if (progress.kind === "running") return 0;
    const unknown = "Speech-to-Text no longer knows the transcription, and left no result.";
    const reason = progress.kind === "failed" ? progress.reason : progress.kind === "unknown" ? unknown : null;
    await deps.store.settleTranscription(job.recordingId, job.chunk, reason);
    return 1;
  };
  return {
    name: "announce_finished_transcriptions",
    run: async () => {
      const { overdueSeconds } = deps;
      let settled = 0;
      for (const job of await deps.store.claimRunningTranscriptions({ overdueSeconds, limit: LIMIT })) {
        settled += await settle(job);
      }
      return settled;
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

/** Ended bookings without any recording: their room's conferences are searched for ones whose event was lost. */
export function makeLostRecordingsDuty(deps: {
  readonly store: CaptureWatchStore;
  readonly meetings: Pick<MeetingArtifacts, "conferencesIn" | "recordings">;
  readonly overdueSeconds: number;
  /** How long after its end a booking is searched. */
  readonly giveUpSeconds: number;
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
      let announced = 0;
      for (const due of await deps.store.claimSearches({ overdueSeconds, giveUpSeconds, limit: LIMIT })) {
        announced += await search(due).catch(noneIfRefused);
      }
      return announced;
    },
  };
}

/** One consultant whose access is gone must not keep the others from being looked after. */
function noneIfRefused(thrown: unknown): number {
  if (thrown instanceof PermanentError) return 0;
  throw thrown;
}
