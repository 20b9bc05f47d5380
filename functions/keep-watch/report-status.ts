import type { PipelineStatusStore } from "#ports/pipeline-status-store.ts";
import type { Duty } from "./duty.ts";

export interface ReportStatusDeps {
  readonly store: PipelineStatusStore;
  /** Writes one log line. Metrics find it by `report`, and take their values from the other fields. */
  readonly write: (fields: Readonly<Record<string, string | number>>) => void;
}

/** Tells Cloud Logging where the pipeline stands: what the database knows and no metric of Google's does. */
export function makeReportStatus({ store, write }: ReportStatusDeps): Duty {
  return {
    name: "report_status",
    run: async () => {
      write({ ...(await store.measures()), report: "pipeline_status" });
      return 0;
    },
  };
}
