import type { Supabase } from "#supabase/client.ts";
import { buckets } from "#topology/buckets.ts";
import { answered } from "../operator-database.ts";
import type { RevivalStep, StandingRecording } from "./judge-recording.ts";

/** How long the bucket keeps what Speech writes. */
const RESULTS_KEEP_DAYS =
  buckets[0].prefixes.find(({ prefix }) => prefix === "transcription/")?.deleteAfterDays ?? buckets[0].softDeleteDays;
/** PostgREST gives at most 1,000 rows an answer (db/supabase/config.toml). */
const MAX_ROWS = 1_000;

export interface RecordingQuery {
  readonly ids?: readonly string[];
  /** Meet's names: conferenceRecords/C/recordings/R. */
  readonly names?: readonly string[];
  readonly after?: string | null;
  readonly limit?: number;
}

/** Recordings by id or name, or, without either, those that stand still, in order of id. */
export async function readStandingRecordings(supabase: Supabase, query: RecordingQuery): Promise<StandingRecording[]> {
  const { ids, names, after, limit = MAX_ROWS } = query;
  const rows = answered(
    await supabase.rpc("read_recordings_to_revive", {
      ...{ p_results_keep_days: RESULTS_KEEP_DAYS, p_limit: limit },
      ...(ids !== undefined && { p_ids: [...ids] }),
      ...(names !== undefined && { p_names: [...names] }),
      ...(after != null && { p_after: after }),
    }),
  );
  return (rows ?? []).map((row) => ({
    ...{ id: row.recording_id, name: row.recording_name, bookingId: row.booking_id, bookingStatus: row.booking_status },
    ...{ pipelineStatus: row.pipeline_status, state: row.state, reason: row.reason, trouble: row.trouble },
    ...{ durationMs: row.duration_ms, language: row.language, words: row.words, connection: row.connection },
    ...{ hasAudio: row.has_audio, hasResults: row.has_results },
    ...{ isGivenUp: row.is_given_up, isWaiting: row.is_waiting },
  }));
}

export interface Revival {
  readonly id: string;
  readonly step: RevivalStep;
}

/** Sets recordings going again, in one transaction; how many it was. Those that move by now are left alone. */
export async function reviveRecordings(supabase: Supabase, revivals: readonly Revival[]): Promise<number> {
  if (revivals.length === 0) return 0;
  const p_revivals = [...new Map(revivals.map(({ id, step }) => [id, { id, step }])).values()];
  const p_results_keep_days = RESULTS_KEEP_DAYS;
  return answered(await supabase.rpc("revive_recordings", { p_revivals, p_results_keep_days })) ?? 0;
}
