import { measuresOf, pipelineStatus } from "#contracts/pipeline-status.ts";
import type { PipelineStatusStore } from "#ports/pipeline-status-store.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";

export interface PipelineStatusOptions {
  /** Failures older than this count only where their meeting is still ahead. */
  readonly recentSeconds: number;
  /** Subscriptions with less than this left count as expiring. */
  readonly expiringSeconds: number;
}

export function makePipelineStatusStore(
  supabase: Supabase,
  { recentSeconds, expiringSeconds }: PipelineStatusOptions,
): PipelineStatusStore {
  return {
    measures: async () => {
      const answer = await supabase.rpc("read_pipeline_status", {
        p_recent_seconds: recentSeconds,
        p_expiring_seconds: expiringSeconds,
      });
      return measuresOf(pipelineStatus.parse(dataOf(answer)));
    },
  };
}
