import type { CaptureWatchStore } from "#ports/capture-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";

/** What keep-watch asks of the recordings. */
export function makeCaptureWatchStore(supabase: Supabase): CaptureWatchStore {
  return {
    claimRunningTranscriptions: async ({ overdueSeconds, deadlineSeconds, limit }) => {
      const answer = await supabase.rpc("claim_running_transcriptions", {
        p_overdue_seconds: overdueSeconds,
        p_deadline_seconds: deadlineSeconds,
        p_limit: limit,
      });
      return dataOf(answer).map((job) => ({
        recordingId: job.recording_id,
        chunk: job.chunk,
        operationName: job.operation_name,
        isLate: job.is_late,
      }));
    },
    settleTranscription: async (recordingId, chunk, reason) =>
      assertWritten(
        await supabase.rpc("settle_transcription", {
          p_recording_id: recordingId,
          p_chunk: chunk,
          // The generated type knows no nullable arguments; null says that it succeeded.
          p_reason: reason as string,
        }),
      ),
    requeueStuck: async (options) => dataOf(await supabase.rpc("requeue_stuck_recordings", requeueing(options))),
    requeueStuckAnalyses: async (options) => dataOf(await supabase.rpc("requeue_stuck_analyses", requeueing(options))),
    claimSearches: async ({ overdueSeconds, giveUpSeconds, limit }) => {
      const answer = await supabase.rpc("claim_recording_searches", {
        p_overdue_seconds: overdueSeconds,
        p_give_up_seconds: giveUpSeconds,
        p_limit: limit,
      });
      return dataOf(answer).map((search) => ({
        bookingId: search.booking_id,
        userId: search.user_id,
        spaceName: search.space_name,
      }));
    },
    announceRecordings: async (bookingId, userId, recordingNames) =>
      dataOf(
        await supabase.rpc("announce_recordings", {
          p_booking_id: bookingId,
          p_user_id: userId,
          p_names: [...recordingNames],
        }),
      ),
  };
}

type RequeueOptions = Parameters<CaptureWatchStore["requeueStuck"]>[0];

const requeueing = ({ overdueSeconds, limit, maxRequeues }: RequeueOptions) => ({
  p_overdue_seconds: overdueSeconds,
  p_limit: limit,
  p_max_requeues: maxRequeues,
});
