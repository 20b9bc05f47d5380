import { entityTypes, mentionTypes } from "./entity-types.ts";
import { findMentions } from "./find-mentions.ts";
import type { Entity } from "./group-entities.ts";
import { groupEntities } from "./group-entities.ts";
import type { Feature } from "./languages.ts";
import type { ParsedSentence } from "./read-sentences.ts";
import { readSentences } from "./read-sentences.ts";
import type { Sentiment } from "./sentiment.ts";
import { overallSentiment, sentenceScore } from "./sentiment.ts";
import type { EncodingType } from "./text-offsets.ts";
import { textOffsets } from "./text-offsets.ts";

export interface TextToAnalyze {
  readonly content: string;
  readonly wanted: readonly Feature[];
  readonly encoding: EncodingType;
  /** How enums are answered: by number for clients that ask `enum-encoding=int`. */
  readonly enums: "names" | "numbers";
}

/** Parts of AnnotateTextResponse as JSON; what was not wanted is empty or absent. */
export interface TextAnalysis {
  readonly sentences: readonly unknown[];
  readonly documentSentiment: Sentiment | null;
  readonly entities: readonly unknown[];
}

interface Context extends TextToAnalyze {
  readonly offsetOf: (index: number) => number;
  /** Score of each sentence; empty when no sentiment is wanted. */
  readonly scores: readonly number[];
}

/** Analyzes an English text; offsets are in the caller's encoding. */
export async function analyzeText(text: TextToAnalyze): Promise<TextAnalysis> {
  const { content, wanted, encoding } = text;
  const parsed = await readSentences(content);
  const feels = wanted.includes("document_sentiment") || wanted.includes("entity_sentiment");
  const scores = feels ? parsed.map(({ begin, end }) => sentenceScore(content.slice(begin, end))) : [];
  const context: Context = { ...text, offsetOf: textOffsets(content, encoding), scores };
  const names = wanted.includes("entity") || wanted.includes("entity_sentiment");
  const entities = names ? groupEntities(findMentions(content, parsed), content.length) : [];
  const hasDocumentSentiment = wanted.includes("document_sentiment");
  return {
    sentences: hasDocumentSentiment ? parsed.map((sentence, index) => sentenceView(context, sentence, index)) : [],
    documentSentiment: hasDocumentSentiment ? overallSentiment(scores) : null,
    entities: entities.map((entity) => entityView(context, entity)),
  };
}

function sentenceView({ content, offsetOf, scores }: Context, { begin, end }: ParsedSentence, index: number): unknown {
  const text = { content: content.slice(begin, end), beginOffset: offsetOf(begin) };
  return { text, sentiment: overallSentiment(scores.slice(index, index + 1)) };
}

function entityView(context: Context, { name, type, salience, mentions }: Entity): unknown {
  const { enums, offsetOf, scores, wanted } = context;
  const sentimentOf = (sentences: readonly number[]) =>
    wanted.includes("entity_sentiment") ? { sentiment: overallSentiment(sentences.map((at) => scores[at] ?? 0)) } : {};
  return {
    name,
    type: enums === "numbers" ? entityTypes.indexOf(type) : type,
    metadata: {},
    salience,
    mentions: mentions.map((mention) => ({
      text: { content: mention.content, beginOffset: offsetOf(mention.begin) },
      type: enums === "numbers" ? mentionTypes.indexOf(mention.type) : mention.type,
      ...sentimentOf([mention.sentence]),
    })),
    // A sentence that names the entity twice counts once.
    ...sentimentOf([...new Set(mentions.map(({ sentence }) => sentence))]),
  };
}
