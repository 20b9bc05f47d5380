import { createHash } from "node:crypto";
import type { Delivery } from "#contracts/delivery.ts";
import { analysisText, buildInsights, type Insights, type LeftOut } from "#domain/insights.ts";
import { type TranscriptSegment, transcriptText } from "#domain/transcript.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { AnalysisLease, AnalysisSnapshot, AnalysisStore, StoredTranscript } from "#ports/analysis-store.ts";
import type { EffectLog } from "#ports/effect-log.ts";
import type { Language, LanguageReport, LanguageRequest } from "#ports/language.ts";
import { LeaseLostError, NotPossibleError, outOfPatience } from "./stops.ts";

export interface InsightsStepDeps {
  readonly store: AnalysisStore;
  readonly language: Language;
  readonly effects: EffectLog;
}

export type InsightsStep = (request: {
  readonly lease: AnalysisLease;
  readonly snapshot: AnalysisSnapshot;
  readonly delivery: Delivery;
}) => Promise<
  | { readonly kind: "nothing" }
  | { readonly kind: "analyzed"; readonly detail: string }
  /** The recordings hold no words, none of them. */
  | { readonly kind: "empty"; readonly problems: readonly NotPossibleError[] }
>;

/** After so many deliveries insights without Natural Language are better than none: two thirds of the attempts. */
const PATIENCE_ATTEMPTS = 20;

/** Writes the booking's merged transcript, then the insights about exactly that text. Both may run twice. */
export function makeInsightsStep(deps: InsightsStepDeps): InsightsStep {
  return async ({ lease, snapshot, delivery }) => {
    const transcripts = await deps.store.readTranscripts(lease.bookingId);
    if (transcripts.length === 0) return { kind: "nothing" };
    const segments = mergedSegments(transcripts);
    if (segments.length === 0) return { kind: "empty", problems: transcripts.map(nothingHeard) };
    const text = transcriptText(segments);
    const transcriptHash = createHash("sha256").update(text).digest("hex");
    if (snapshot.transcriptHash === transcriptHash && snapshot.insightsHash === transcriptHash) {
      return { kind: "nothing" };
    }
    if (!(await deps.store.writeTranscript(lease, text))) throw new LeaseLostError();
    const spokenLanguage = transcripts.find(({ languageCode }) => languageCode !== null)?.languageCode ?? null;
    const beforeRequests = async (): Promise<void> => {
      if (!(await deps.store.renew(lease))) throw new LeaseLostError();
    };
    const about = { text: analysisText(segments), language: spokenLanguage, beforeRequests };
    const report = await analyzed(deps.language, about, delivery);
    await recordCost(deps.effects, report, { lease, transcriptHash });
    const leftOut = [...speakersLeftOut(transcripts), ...report.leftOut];
    const { analysis } = report;
    await write(deps.store, lease, buildInsights({ segments, transcriptHash, spokenLanguage, analysis, leftOut }));
    return { kind: "analyzed", detail: `${segments.length} turns, ${report.billedUnits} units of Natural Language` };
  };
}

async function write(store: AnalysisStore, lease: AnalysisLease, insights: Insights): Promise<void> {
  const { kind } = await store.writeInsights(lease, insights);
  if (kind === "fenced") throw new LeaseLostError();
  if (kind === "stale") throw new RetryableError("the row carries another transcript", { code: "transcript_changed" });
}

/** All turns in time order, on the clock of the first recording. */
function mergedSegments(transcripts: readonly StoredTranscript[]): TranscriptSegment[] {
  const zero = transcripts[0]?.startedAt?.getTime();
  return transcripts.flatMap(({ startedAt, segments }) => {
    const laterMs = zero === undefined || startedAt === null ? 0 : startedAt.getTime() - zero;
    return laterMs === 0
      ? segments
      : segments.map((turn) => ({ ...turn, startsMs: turn.startsMs + laterMs, endsMs: turn.endsMs + laterMs }));
  });
}

function nothingHeard({ recordingId }: StoredTranscript): NotPossibleError {
  const message =
    "The recording holds no words that could be made out, so there is no transcript. " +
    "Listen to the recording: microphones may have been off, or nobody may have spoken.";
  return new NotPossibleError(new PermanentError(message, { code: "transcript_empty" }), recordingId);
}

/** Natural Language's report, or none with the reason once it refuses or stays away for too long. */
async function analyzed(language: Language, about: LanguageRequest, delivery: Delivery): Promise<LanguageReport> {
  if (about.text === "") return unavailable("no_words", "There are no words to analyse, only sounds.");
  try {
    return await language.analyze(about);
  } catch (error) {
    if (error instanceof PermanentError) return unavailable(error.code, error.message);
    const waitOn = error instanceof LeaseLostError || !outOfPatience(delivery.attempt, PATIENCE_ATTEMPTS);
    if (!(error instanceof RetryableError) || waitOn) throw error;
    return unavailable(error.code, error.message);
  }
}

function unavailable(reason: string, why: string): LanguageReport {
  const message = `There are no feelings and no names of things: ${why}`;
  const leftOut = [
    { what: "sentiment", reason, message },
    { what: "entities", reason, message },
  ] as const;
  return { analysis: null, leftOut, billedUnits: 0, requests: 0 };
}

function speakersLeftOut(transcripts: readonly StoredTranscript[]): readonly LeftOut[] {
  const unnamed = transcripts.find(({ speakers }) => speakers !== "named");
  if (unnamed === undefined) return [];
  const message = unnamed.speakersReason ?? "Speakers are not named because Meet made no transcript of the meeting.";
  return [{ what: "speakers", reason: "meet_without_entries", message }];
}

async function recordCost(
  effects: EffectLog,
  report: LanguageReport,
  about: { readonly lease: AnalysisLease; readonly transcriptHash: string },
): Promise<void> {
  await effects.record([
    {
      bookingId: about.lease.bookingId,
      step: "analyze-transcript",
      effect: "language.annotate",
      key: about.transcriptHash,
      outcome: report.analysis === null ? (report.leftOut[0]?.reason ?? "nothing") : "analyzed",
      detail: { requests: report.requests, billedUnits: report.billedUnits },
    },
  ]);
}
