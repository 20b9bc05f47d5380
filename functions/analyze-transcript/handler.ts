import type { Delivery } from "#contracts/delivery.ts";
import { readStorageEvent, type StorageRequest } from "#contracts/storage-event.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { PermanentError, RetryableError, sentenceOf } from "#kernel/verdicts.ts";
import type { AnalysisLease, AnalysisSnapshot, AnalysisStore } from "#ports/analysis-store.ts";
import type { InsightsStep } from "./insights-step.ts";
import { LeaseLostError, NotPossibleError } from "./stops.ts";
import type { TranscriptStep } from "./transcript-step.ts";

export interface AnalyzeTranscriptDeps {
  readonly store: AnalysisStore;
  /** The bucket whose notifications are ours. */
  readonly bucket: string;
  /** Result files of a recording -> its stored transcript. */
  readonly storeTranscripts: TranscriptStep;
  /** Stored transcripts of a booking -> the row's transcript, then its insights. */
  readonly writeInsights: InsightsStep;
}

type Transcription = Extract<StorageRequest, { readonly kind: "transcription" }>;

/**
 * A finished transcription becomes the row's transcript and insights. The message says only which recording; what is
 * done follows from what is stored, so duplicates, any order and a crash anywhere end in the same row.
 */
export function makeHandler(deps: AnalyzeTranscriptDeps): (delivery: Delivery) => Promise<Outcome> {
  return async (delivery) => {
    const request = readStorageEvent(delivery, deps.bucket);
    if (request.kind === "foreign") return ignored(request.reason);
    delivery.about({ recordingId: request.recordingId });
    const start = await deps.store.begin(request.recordingId, delivery.messageId);
    delivery.about(start.subject);
    switch (start.kind) {
      case "unknown":
        return ignored("no such recording");
      case "unwanted":
        return ignored(start.reason);
      case "busy":
        return ignored("another delivery works on this booking and will take this recording up");
      case "redelivered":
        // Its first run died or still runs; once the lease has run out this delivery takes over.
        throw new RetryableError("this delivery already holds the booking", { code: "lease_held" });
      case "leased":
        return await holding(deps, start.lease, () => analyze(deps, { ...start, delivery, request }));
    }
  };
}

interface Run {
  readonly lease: AnalysisLease;
  readonly snapshot: AnalysisSnapshot;
  readonly delivery: Delivery;
  readonly request: Transcription;
}

/** Takes up its recording and those whose messages came meanwhile, until none is waiting. */
async function analyze(deps: AnalyzeTranscriptDeps, run: Run): Promise<Outcome> {
  let outcome = await analyzeRecordings(deps, run, [run.request.recordingId]);
  for (;;) {
    const next = await deps.store.leave(run.lease);
    if (next === null) return outcome;
    const result = await analyzeRecordings(deps, { ...run, snapshot: next.snapshot }, next.waiting);
    if (result.kind !== "ignored") outcome = result;
  }
}

async function analyzeRecordings(
  deps: AnalyzeTranscriptDeps,
  { lease, snapshot, delivery, request }: Run,
  asked: readonly string[],
): Promise<Outcome> {
  const failures: NotPossibleError[] = [];
  let waiting: string | null = null;
  for (const recording of snapshot.recordings.filter(({ id }) => asked.includes(id))) {
    try {
      const result = await deps.storeTranscripts({ lease, recording, delivery, eager: request.eager });
      if (result.kind === "waiting") waiting = result.reason;
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      failures.push(new NotPossibleError(error, recording.id));
    }
  }
  const written = await deps.writeInsights({ lease, snapshot, delivery });
  const problems = [...(written.kind === "empty" ? written.problems : []), ...failures];
  for (const { recordingId, message } of problems) {
    if (!(await deps.store.fail(lease, recordingId, message))) throw new LeaseLostError();
  }
  const [problem] = problems;
  if (problem !== undefined) return parked(problem.code, problem.message);
  if (written.kind === "analyzed") return done(written.detail);
  return ignored(waiting ?? "nothing new");
}

/** Gives the lease back when the work throws; a lease that cannot be given back runs out by itself. */
async function holding(
  { store }: AnalyzeTranscriptDeps,
  lease: AnalysisLease,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LeaseLostError)) await store.release(lease, sentenceOf(error)).catch(() => undefined);
    throw error;
  }
}
