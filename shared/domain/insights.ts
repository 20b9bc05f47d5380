import { withoutAnnotations } from "./clean-speech.ts";
import type { EntityType, LanguageAnalysis, Sentiment } from "./language-analysis.ts";
import { type SummarySentence, summarize, summaryText } from "./summarize.ts";
import { type TalkTime, talkTimes } from "./talk-time.ts";
import type { TranscriptSegment } from "./transcript.ts";

export const INSIGHTS_VERSION = 1;

export const sentimentLabels = ["positive", "negative", "mixed", "neutral"] as const;
export type SentimentLabel = (typeof sentimentLabels)[number];

/** Something that is missing from the insights, and why. */
export interface LeftOut {
  readonly what: "speakers" | "sentiment" | "entities" | "entity_sentiment" | "summary";
  readonly reason: string;
  /** The same for a person. */
  readonly message: string;
}

/** The row's `ai_insights`: extended later, never renamed. */
export interface Insights {
  readonly version: typeof INSIGHTS_VERSION;
  /** SHA-256 of the `meeting_transcript` that these insights are about. */
  readonly transcriptHash: string;
  /** BCP 47; null when neither Speech nor Natural Language named one. */
  readonly language: string | null;
  readonly summary: string;
  readonly summarySentences: readonly SummarySentence[];
  /** Null where there is none; `leftOut` says why. */
  readonly sentiment: (Sentiment & { readonly label: SentimentLabel }) | null;
  readonly entities: readonly InsightEntity[];
  readonly talkTime: readonly TalkTime[];
  readonly leftOut: readonly LeftOut[];
}

export interface InsightEntity {
  readonly name: string;
  readonly type: EntityType;
  readonly salience: number;
  readonly mentions: number;
  readonly sentiment: Sentiment | null;
  readonly url: string | null;
}

export interface InsightSources {
  readonly segments: readonly TranscriptSegment[];
  readonly transcriptHash: string;
  readonly spokenLanguage: string | null;
  /** Null when Natural Language could not take the text; `leftOut` then says why. */
  readonly analysis: LanguageAnalysis | null;
  readonly leftOut: readonly LeftOut[];
}

/** Everything a reader wants of a meeting's text; the same sources give the same insights. */
export function buildInsights(sources: InsightSources): Insights {
  const sentences = summarize(sources.segments);
  const { analysis } = sources;
  return {
    version: INSIGHTS_VERSION,
    transcriptHash: sources.transcriptHash,
    language: sources.spokenLanguage ?? (analysis === null || analysis.language === "" ? null : analysis.language),
    summary: summaryText(sentences),
    summarySentences: sentences,
    sentiment: labelled(analysis),
    entities: analysis?.entities ?? [],
    talkTime: talkTimes(sources.segments),
    leftOut: sentences.length > 0 ? sources.leftOut : [...sources.leftOut, NO_SUMMARY],
  };
}

const NO_SUMMARY: LeftOut = {
  what: "summary",
  reason: "too_little_said",
  message: "No sentence of the meeting says enough on its own to stand in a summary.",
};

/** What Natural Language is given: the turns without names, which would otherwise be found in every line. */
export function analysisText(segments: readonly TranscriptSegment[]): string {
  return segments
    .map(({ text }) => withoutAnnotations(text))
    .filter((text) => /[\p{L}\p{N}]/u.test(text))
    .join("\n");
}

/** Google's reading of scores: clear from a quarter upwards; near zero but strongly felt sentences are mixed. */
const CLEAR_SCORE = 0.25;
const STRONG_SENTENCE = 0.3;

function labelled(analysis: LanguageAnalysis | null): Insights["sentiment"] {
  if (analysis === null || analysis.sentiment === null) return null;
  const { score, magnitude } = analysis.sentiment;
  const perSentence = magnitude / Math.max(1, analysis.sentences);
  return { score, magnitude, label: labelOf(score, perSentence) };
}

function labelOf(score: number, magnitudePerSentence: number): SentimentLabel {
  if (score >= CLEAR_SCORE) return "positive";
  if (score <= -CLEAR_SCORE) return "negative";
  return magnitudePerSentence >= STRONG_SENTENCE ? "mixed" : "neutral";
}
