import type { AnnotateTextAnswer } from "#contracts/language-answer.ts";
import type { LeftOut } from "#domain/insights.ts";
import { type LanguageAnalysis, mergeAnalyses } from "#domain/language-analysis.ts";
import { splitText } from "#domain/split-text.ts";
import {
  type FeatureSet,
  type LanguageOptions,
  makeAnnotateText,
  UnsupportedLanguageError,
} from "#google/annotate-text.ts";
import type { Language, LanguageReport } from "#ports/language.ts";

/**
 * Google takes 1,000,000 bytes, 100,000 tokens and 5,000 entity mentions a document; this is at most 90,000 bytes of
 * UTF-8 and some 8,000 words, within all three and answered in seconds.
 */
const MAX_PIECE_LENGTH = 30_000;
/** Requests in flight: the project's default quota is 600 a minute. */
const PARALLEL_PIECES = 4;
/** Google bills each feature in units of 1,000 characters. */
const UNIT_CHARACTERS = 1_000;

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

/** What Natural Language says of a whole transcript, in pieces it can take and with the features its language has. */
export function makeLanguage(options: LanguageOptions): Language {
  const annotate = makeAnnotateText(options);
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
