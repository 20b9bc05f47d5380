import {
  analysisLeft,
  analysisStart,
  insightsWritten,
  storedTranscripts,
  transcriptStored,
} from "#contracts/analysis-work.ts";
import type { AnalysisLease, AnalysisStore } from "#ports/analysis-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { toJson } from "#supabase/json.ts";

/** Leases last `leaseSeconds` from their last write. */
export function makeAnalysisStore(
  supabase: Supabase,
  { leaseSeconds }: { readonly leaseSeconds: number },
): AnalysisStore {
  const held = ({ bookingId, fencing }: AnalysisLease) => ({
    p_booking_id: bookingId,
    p_fencing: fencing,
    p_lease_seconds: leaseSeconds,
  });
  return {
    begin: async (recordingId, holder) => {
      const arguments_ = { p_recording_id: recordingId, p_holder: holder, p_lease_seconds: leaseSeconds };
      const start = analysisStart.parse(dataOf(await supabase.rpc("begin_analysis", arguments_)));
      if (start.kind !== "leased") return start;
      const lease = { bookingId: start.snapshot.bookingId, fencing: start.fencing };
      return { kind: "leased", lease, snapshot: start.snapshot, subject: start.subject };
    },
    renew: async (lease) => dataOf(await supabase.rpc("renew_analysis", held(lease))),
    storeTranscript: async (lease, recordingId, { segments, ...transcript }) => {
      const answer = await supabase.rpc("store_transcript", {
        ...held(lease),
        p_recording_id: recordingId,
        p_transcript: toJson(transcript),
        p_segments: toJson(segments),
      });
      return transcriptStored.parse(dataOf(answer));
    },
    readTranscripts: async (bookingId) =>
      storedTranscripts.parse(dataOf(await supabase.rpc("read_transcripts", { p_booking_id: bookingId }))),
    writeTranscript: async (lease, text) =>
      dataOf(await supabase.rpc("write_transcript", { ...held(lease), p_text: text })),
    writeInsights: async (lease, insights) =>
      insightsWritten.parse(
        dataOf(await supabase.rpc("write_insights", { ...held(lease), p_insights: toJson(insights) })),
      ),
    fail: async (lease, recordingId, reason) =>
      dataOf(await supabase.rpc("fail_analysis", { ...held(lease), p_recording_id: recordingId, p_reason: reason })),
    leave: async (lease) => {
      const { waiting, snapshot } = analysisLeft.parse(dataOf(await supabase.rpc("leave_analysis", held(lease))));
      return snapshot === undefined ? null : { waiting, snapshot };
    },
    release: async ({ bookingId, fencing }, trouble) =>
      assertWritten(
        await supabase.rpc("release_analysis", {
          p_booking_id: bookingId,
          p_fencing: fencing,
          p_trouble: trouble,
        }),
      ),
  };
}
