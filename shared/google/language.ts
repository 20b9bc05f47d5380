import { LanguageServiceClient } from "@google-cloud/language";
import { type AnnotateTextAnswer, annotateTextAnswer } from "#contracts/language-answer.ts";
import type { LeftOut } from "#domain/insights.ts";
import { type LanguageAnalysis, mergeAnalyses } from "#domain/language-analysis.ts";
import { splitText } from "#domain/split-text.ts";
import { parseAnswer } from "#google/answer.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";
import { readyClient } from "#google/ready-client.ts";
import { restEndpoint } from "#google/secret-manager.ts";
import { backoffMs } from "#kernel/backoff.ts";
import type { Clock } from "#kernel/clock.ts";
import { asError, RetryableError } from "#kernel/verdicts.ts";
import type { Language, LanguageReport } from "#ports/language.ts";

export interface LanguageOptions {
  readonly projectId: string;
  readonly clock: Clock;
  /** Another address than Google's. */
  readonly endpoint?: string | undefined;
}

/**
 * Google takes 1,000,000 bytes, 100,000 tokens and 5,000 entity mentions a document; this is at most 90,000 bytes of
 * UTF-8 and some 8,000 words, within all three and answered in seconds.
 */
const MAX_PIECE_LENGTH = 30_000;
/** Requests in flight: the project's default quota is 600 a minute. */
const PARALLEL_PIECES = 4;
const REQUEST_TIMEOUT_MS = 60_000;
const TRIES = 3;
const BACKOFF = { firstMs: 200, maxMs: 2_000 };
/** Google bills each feature in units of 1,000 characters. */
const UNIT_CHARACTERS = 1_000;
const API = "Natural Language";

interface FeatureSet {
  readonly extractEntities: boolean;
  readonly extractEntitySentiment: boolean;
  readonly extractDocumentSentiment: boolean;
}

/** What is asked for, most first: languages differ in what there is for them, and a refusal costs nothing. */
const FEATURE_SETS: readonly FeatureSet[] = [
  { extractEntities: true, extractEntitySentiment: true, extractDocumentSentiment: true },
  { extractEntities: true, extractEntitySentiment: false, extractDocumentSentiment: true },
  { extractEntities: false, extractEntitySentiment: false, extractDocumentSentiment: true },
  { extractEntities: true, extractEntitySentiment: false, extractDocumentSentiment: false },
];
const NO_FEATURES: FeatureSet = {
  extractEntities: false,
  extractEntitySentiment: false,
  extractDocumentSentiment: false,
};

/** Natural Language v1 over REST, as the function's service account. v1 because v2 has no salience and no entity sentiment. */
export function makeLanguage({ projectId, clock, endpoint }: LanguageOptions): Language {
  const ready = readyClient(
    () => new LanguageServiceClient({ fallback: "rest", projectId, ...restEndpoint(endpoint) }),
  );
  const annotate = async (request: AnnotateRequest): Promise<AnnotateTextAnswer> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const client = await ready();
        const [answer] = await client.annotateText(wireRequest(request), { timeout: REQUEST_TIMEOUT_MS });
        return parseAnswer(API, annotateTextAnswer, answer);
      } catch (thrown) {
        if (isUnsupportedLanguage(thrown)) throw new UnsupportedLanguageError();
        const error = googleError(thrown, { api: API });
        if (attempt >= TRIES || !(error instanceof RetryableError) || error.retryAfterMs !== undefined) throw error;
        await clock.wait(backoffMs(attempt, BACKOFF));
      }
    }
  };
  return {
    analyze: async ({ text, language, beforeRequests }) => {
      const pieces = splitText(text, MAX_PIECE_LENGTH);
      for (const features of FEATURE_SETS) {
        try {
          const one = (piece: string): Promise<AnnotateTextAnswer> => annotate({ text: piece, language, features });
          const answers = await annotateAll(pieces, one, beforeRequests);
          return reportOf(answers, { features, language });
        } catch (error) {
          if (!(error instanceof UnsupportedLanguageError)) throw error;
        }
      }
      return { analysis: null, leftOut: leftOutOf(NO_FEATURES, language), billedUnits: 0, requests: 0 };
    },
  };
}

interface AnnotateRequest {
  readonly text: string;
  readonly language: string | null;
  readonly features: FeatureSet;
}

/** Google refuses the text's language for the features asked; not an error but a fact about the text. */
class UnsupportedLanguageError extends Error {}

function wireRequest({ text, language, features }: AnnotateRequest) {
  const code = languageOf(language);
  return {
    document: { type: "PLAIN_TEXT" as const, content: text, ...(code === null ? {} : { language: code }) },
    features: { ...features },
    encodingType: "UTF16" as const,
  };
}

interface AnnotatedPiece {
  readonly characters: number;
  readonly answer: AnnotateTextAnswer;
}

/** The first piece goes alone: it tells whether the language is supported before the others are paid for. */
async function annotateAll(
  pieces: readonly string[],
  annotate: (piece: string) => Promise<AnnotateTextAnswer>,
  beforeRequests: () => Promise<void>,
): Promise<AnnotatedPiece[]> {
  const one = async (piece: string): Promise<AnnotatedPiece> => ({
    characters: Array.from(piece).length,
    answer: await annotate(piece),
  });
  const done: AnnotatedPiece[] = [];
  for (let from = 0; from < pieces.length; ) {
    const batch = pieces.slice(from, from + (from === 0 ? 1 : PARALLEL_PIECES));
    await beforeRequests();
    done.push(...(await Promise.all(batch.map(one))));
    from += batch.length;
  }
  return done;
}

function reportOf(
  pieces: readonly AnnotatedPiece[],
  { features, language }: { readonly features: FeatureSet; readonly language: string | null },
): LanguageReport {
  const units = pieces.reduce((sum, { characters }) => sum + Math.ceil(characters / UNIT_CHARACTERS), 0);
  return {
    analysis: mergeAnalyses(pieces.map(analysisOf)),
    leftOut: leftOutOf(features, language),
    billedUnits: units * Object.values(features).filter(Boolean).length,
    requests: pieces.length,
  };
}

function analysisOf({ characters, answer }: AnnotatedPiece): LanguageAnalysis {
  return {
    language: answer.language,
    characters,
    sentences: answer.sentences,
    sentiment: answer.documentSentiment,
    entities: answer.entities.map(({ metadata, ...entity }) => ({
      name: entity.name,
      type: entity.type,
      salience: entity.salience,
      mentions: entity.mentions,
      sentiment: entity.sentiment,
      url: metadata,
    })),
  };
}

/** INVALID_ARGUMENT says many things; Google's sentence is the only channel that tells this one. */
function isUnsupportedLanguage(thrown: unknown): boolean {
  const status = httpStatusOf(thrown);
  return (status === 400 || status === null) && /language\b.{0,80}\bnot supported/i.test(asError(thrown).message);
}

/** Natural Language takes ISO 639-1 and few regions; Speech's Mandarin has a code of its own. Null: let it detect. */
function languageOf(bcp47: string | null): string | null {
  const [primary = "", ...rest] = (bcp47 ?? "").split("-");
  if (primary === "cmn" || primary === "zh")
    return rest.some((part) => /^(?:hant|tw|hk)$/i.test(part)) ? "zh-Hant" : "zh";
  return /^[a-z]{2}$/.test(primary) ? primary : null;
}

function leftOutOf(features: FeatureSet, language: string | null): readonly LeftOut[] {
  const named = language === null ? "" : ` (${language})`;
  const leftOut = (what: LeftOut["what"], task: string): LeftOut => ({
    what,
    reason: "language_not_supported",
    message: `Natural Language does not ${task} in the language of this meeting${named}.`,
  });
  return [
    ...(features.extractDocumentSentiment ? [] : [leftOut("sentiment", "read feelings")]),
    ...(features.extractEntities ? [] : [leftOut("entities", "find names and things")]),
    ...(features.extractEntities && !features.extractEntitySentiment
      ? [leftOut("entity_sentiment", "read feelings about single things")]
      : []),
  ];
}
