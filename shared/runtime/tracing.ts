import { performance } from "node:perf_hooks";
import type { TracingConfig } from "#contracts/environment.ts";
import type { Clock } from "#kernel/clock.ts";
import type { SpanExporter } from "#ports/span-exporter.ts";
import type { Logger } from "#runtime/logger.ts";
import { inRun, newTraceId, type RunStart } from "#runtime/run-context.ts";
import { makeSpanSender } from "#runtime/span-sender.ts";

export interface TracingOptions {
  /** The function's name. */
  readonly name: string;
  readonly config: Pick<TracingConfig, "GOOGLE_CLOUD_PROJECT_ID" | "TRACES_SAMPLED">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Null: runs are told apart in the log, and no span is kept. */
  readonly exporter: SpanExporter | null;
}

export interface Tracing {
  /** Does one run's work in a context of its own and sends its spans before it resolves, within a second; its result is the work's. */
  run<Result>(start: Partial<RunStart>, work: () => Promise<Result>): Promise<Result>;
}

export function makeTracing({ name, config, clock, log, exporter }: TracingOptions): Tracing {
  const openBatch = exporter === null ? null : makeSpanSender({ exporter, clock, log });
  return {
    run: async (start, work) => {
      const batch = openBatch?.();
      const settings = {
        projectId: config.GOOGLE_CLOUD_PROJECT_ID,
        sampled: batch === undefined ? 0 : config.TRACES_SAMPLED,
        // Taken anew for each run: an instance may sleep between two, and then the two clocks disagree.
        zeroMs: clock.now().getTime() - performance.now(),
        collect: batch?.add ?? (() => undefined),
      };
      const usual = { name, kind: "server", attributes: {}, traceId: newTraceId(), claimedParent: null } as const;
      const working = inRun(settings, { ...usual, ...start }, work);
      // The work waits for its first answer by now.
      exporter?.prepare();
      try {
        return await working;
      } finally {
        await batch?.flush();
      }
    },
  };
}
