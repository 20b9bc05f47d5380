import { captureRenewal, captureStart, recordingSnapshot, transcriptionJobs } from "#contracts/capture-answers.ts";
import type { CaptureLease, CaptureStore } from "#ports/capture-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

/** The recordings table and the work on it, through the functions of the 0003xx migrations. */
export function makeCaptureStore(supabase: Supabase): CaptureStore {
  return {
    ...transcriptionJobStore(supabase),
    userOfSubscription: async (subscription) =>
      nullable(await supabase.rpc("user_of_workspace_subscription", { p_name: subscription })),
    recheckSubscription: async (subscription) =>
      dataOf(await supabase.rpc("recheck_workspace_subscription", { p_name: subscription })),
    begin: async (recordingName, { userId, holder, leaseSeconds }) => {
      const answer = await supabase.rpc("begin_capture", {
        p_recording_name: recordingName,
        p_user_id: userId,
        p_holder: holder,
        p_lease_seconds: leaseSeconds,
      });
      const start = captureStart.parse(dataOf(answer));
      if (start.kind !== "leased") return start;
      const { recording, fencing, subject } = start;
      return { kind: "leased", lease: { recordingId: recording.id, fencing }, recording, subject };
    },
    match: async (lease, found) => {
      const answer = await supabase.rpc("match_recording", { ...held(lease), p_found: toJson(found) });
      return recordingSnapshot.nullable().parse(nullable(answer));
    },
    renew: async (lease, leaseSeconds) =>
      captureRenewal.parse(
        dataOf(await supabase.rpc("renew_capture", { ...held(lease), p_lease_seconds: leaseSeconds })),
      ),
    noteUpload: async (lease, { sessionUri, source }) =>
      dataOf(
        await supabase.rpc("note_capture_upload", {
          ...held(lease),
          // The generated type knows no nullable arguments; null says that there is no upload any more.
          p_session_uri: sessionUri as string,
          p_source: toJson(source),
        }),
      ),
    seal: async (lease, sealed) =>
      dataOf(await supabase.rpc("seal_capture", { ...held(lease), p_sealed: toJson(sealed) })),
    finishCopy: async (lease, { object, keepDays, effect }) =>
      dataOf(
        await supabase.rpc("finish_capture_copy", {
          ...held(lease),
          p_object: toJson(object),
          p_keep_days: keepDays,
          p_effects: toJson([effect]),
        }),
      ),
    fail: async (lease, reason) => dataOf(await supabase.rpc("fail_capture", { ...held(lease), p_reason: reason })),
    park: async (lease, reason) => dataOf(await supabase.rpc("park_capture", { ...held(lease), p_reason: reason })),
    release: async (lease, reason) =>
      assertWritten(await supabase.rpc("release_capture", { ...held(lease), p_reason: reason })),
  };
}

/** The paid jobs of a recording. */
function transcriptionJobStore(
  supabase: Supabase,
): Pick<CaptureStore, "planTranscription" | "claimStart" | "noteStarted"> {
  return {
    planTranscription: async (lease, jobs) =>
      transcriptionJobs.parse(
        nullable(await supabase.rpc("plan_transcription", { ...held(lease), p_jobs: toJson(jobs) })),
      ),
    claimStart: async (lease, { chunk, starts }) =>
      dataOf(await supabase.rpc("claim_transcription_start", { ...held(lease), p_chunk: chunk, p_starts: starts })),
    noteStarted: async ({ recordingId, chunk, operationName }, effect) =>
      assertWritten(
        await supabase.rpc("note_transcription_started", {
          p_recording_id: recordingId,
          p_chunk: chunk,
          p_operation_name: operationName,
          p_effects: toJson([effect]),
        }),
      ),
  };
}

function held({ recordingId, fencing }: CaptureLease): { p_recording_id: string; p_fencing: number } {
  return { p_recording_id: recordingId, p_fencing: fencing };
}

/** The data of an answer that may be null on purpose. */
function nullable<Data>(answer: {
  readonly data: Data;
  readonly error: { readonly code?: string; readonly message: string } | null;
}): Data {
  if (answer.error !== null) throw databaseError(answer.error);
  return answer.data;
}
