import { rest } from "./paced-batches.ts";
import type { Progress } from "./progress.ts";

/** Work that an operator hands to the pipeline piece by piece. */
export interface PipelineWork {
  /** Hands over at most so many, and of each consultant at most so many; how many rows it dealt with, 0 at the end. */
  queue(bounds: { readonly limit: number; readonly perConsultant: number }): Promise<{ queued: number; seen: number }>;
  /** How many the pipeline has before it, and how many have come to an end, whichever. */
  look(): Promise<{ readonly underWay: number; readonly settled: number }>;
}

export interface FollowOptions {
  /** Items a second. */
  readonly rate: number;
  /** Items a minute of one consultant: each costs up to 3 of the 600 Calendar calls a minute that a user has. */
  readonly perConsultant: number;
  readonly limit: number;
  /** What this run will have seen to an end; for the progress. */
  readonly total: number;
  /** False: ends as soon as everything is handed over. */
  readonly wait: boolean;
  readonly interrupted: AbortSignal;
  readonly progress: Progress;
  /** Only tests give others. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs?: () => number;
}

export interface FollowResult {
  readonly queued: number;
  /** True: nothing is left to hand over, and what was waited for has come to an end. */
  readonly complete: boolean;
  /** True: nothing has moved for a long time. */
  readonly stalled: boolean;
}

const MAX_BATCH = 100;
const LOOK_PAUSE_MS = 1_000;
/** So many seconds of its own pace lie before the pipeline at most: a customer's new booking waits behind them. */
const WINDOW_SECONDS = 5;
/** Pub/Sub repeats what failed for minutes; when nothing at all moves for so long, something is wrong. */
const STALL_MS = 10 * 60_000;

/**
 * Hands work over no faster than `rate` and no faster than the pipeline works it off, and follows it to its end. It may
 * be killed at any point: what was handed over is done by the pipeline, and the next run hands over the rest.
 */
export async function followPipeline(work: PipelineWork, options: FollowOptions): Promise<FollowResult> {
  const { interrupted, limit, wait, pause = rest, nowMs = () => performance.now() } = options;
  const pace = paceOf(options);
  const watch = makeWatch(work, { ...options, nowMs });
  let [queued, drained] = [0, false];
  await watch.look();
  while (!interrupted.aborted) {
    drained ||= queued >= limit;
    if (!drained && watch.underWay() < Math.max(2 * pace.batch, watch.perSecond() * WINDOW_SECONDS)) {
      const bounds = { limit: Math.min(pace.batch, limit - queued), perConsultant: pace.perConsultant };
      const handed = await work.queue(bounds);
      queued += handed.queued;
      drained = handed.seen === 0;
      watch.handed(handed.queued);
    }
    await watch.look();
    if (drained && (!wait || watch.underWay() === 0)) return { queued, complete: true, stalled: false };
    if (watch.stalled()) return { queued, complete: false, stalled: true };
    await pause(drained ? LOOK_PAUSE_MS : pace.pauseMs, interrupted);
  }
  return { queued, complete: false, stalled: false };
}

function paceOf({ rate, perConsultant }: FollowOptions) {
  const batch = Math.min(MAX_BATCH, Math.max(1, Math.round(rate)));
  const pauseMs = Math.max((batch / rate) * 1000, 60_000 / perConsultant);
  // A tenth of a batch at most, so that ten consultants always go on together.
  const share = Math.min(Math.ceil(batch / 10), Math.max(1, Math.floor((perConsultant / 60_000) * pauseMs)));
  return { batch, pauseMs, perConsultant: share };
}

/** Looks at most once a second and no more than a fifth of the time, and tells the progress. */
function makeWatch(work: PipelineWork, { nowMs, progress, total }: FollowOptions & { readonly nowMs: () => number }) {
  let [seen, before] = [{ underWay: 0, settled: 0 }, null as number | null];
  let [lookedAt, lookMs, movedAt, perSecond] = [Number.NEGATIVE_INFINITY, 0, nowMs(), 0];
  return {
    underWay: () => seen.underWay,
    /** How much was settled between the last two looks, smoothed. */
    perSecond: () => perSecond,
    stalled: () => seen.underWay > 0 && nowMs() - movedAt > STALL_MS,
    handed: (count: number): void => {
      seen = { ...seen, underWay: seen.underWay + count };
      if (count > 0) movedAt = nowMs();
    },
    look: async (): Promise<void> => {
      const sinceMs = nowMs() - lookedAt;
      if (sinceMs < Math.max(LOOK_PAUSE_MS, 5 * lookMs)) return;
      lookedAt = nowMs();
      const now = await work.look();
      lookMs = nowMs() - lookedAt;
      before ??= now.settled;
      if (now.settled !== seen.settled) movedAt = nowMs();
      if (Number.isFinite(sinceMs)) perSecond = (perSecond + ((now.settled - seen.settled) / sinceMs) * 1000) / 2;
      seen = now;
      const done = seen.settled - before;
      progress.at(done, Math.max(done, total));
    },
  };
}
