import { standingAlone } from "./clean-speech.ts";
import { isCommonWord } from "./common-words.ts";
import { type SpokenSentence, spokenSentences, wordsIn } from "./spoken-sentences.ts";
import type { TranscriptSegment } from "./transcript.ts";

/** A sentence that somebody said, chosen for the summary. */
export interface SummarySentence {
  readonly speaker: string | null;
  readonly text: string;
  readonly startsMs: number;
}

/** Shorter ones say little, longer ones ramble. */
const MIN_WORDS = 7;
const MAX_WORDS = 45;
const MAX_CHARACTERS = 600;
/** Enough sentences to choose from without comparing each with each. */
const MAX_CANDIDATES = 400;

const SHORTEST_BUDGET = 25;

/** About one word in a hundred above a floor: 1,500 words -> 95, 20,000 -> 170; never much more than a quarter of the text. */
export function summaryBudget(spokenWords: number): number {
  return Math.min(240, Math.round(90 + spokenWords / 250), Math.max(SHORTEST_BUDGET, Math.ceil(spokenWords / 4)));
}

/**
 * The sentences that say most of what the meeting was about, in the order they were said. Extractive and
 * deterministic: nothing is put into anybody's mouth. Terms and sentences rank each other (a random walk between
 * them, linear in the text); then sentences are taken greedily, each making its own terms count less.
 */
export function summarize(segments: readonly TranscriptSegment[]): SummarySentence[] {
  const sentences = spokenSentences(segments);
  const budget = summaryBudget(sentences.reduce((words, sentence) => words + sentence.words.length, 0));
  const terms = termsOf(sentences);
  const weights = rankTerms(terms, sentences.length);
  const candidates = sentences
    .map((sentence, index) => candidateOf(sentence, index, terms[index] ?? []))
    .filter((candidate) => candidate !== null)
    .map((candidate) => ({ ...candidate, score: scoreOf(candidate, weights) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, MAX_CANDIDATES);
  return takeWithin(budget, candidates, weights)
    .sort((a, b) => a.index - b.index)
    .map(({ sentence, text }) => ({ speaker: sentence.speaker, text, startsMs: sentence.startsMs }));
}

interface Candidate {
  readonly index: number;
  readonly sentence: SpokenSentence;
  readonly text: string;
  readonly length: number;
  readonly terms: readonly string[];
}

/** Content words of each sentence, once each. */
function termsOf(sentences: readonly SpokenSentence[]): readonly (readonly string[])[] {
  return sentences.map(({ words }) => [...new Set(words.filter((word) => word.length > 1 && !isCommonWord(word)))]);
}

/** How much each term is what the meeting is about. */
function rankTerms(terms: readonly (readonly string[])[], sentences: number): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const list of terms) for (const term of list) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  let rank = new Map<string, number>();
  for (const [term, count] of frequency) rank.set(term, Math.log(count + ONCE) * idf(count, sentences));
  for (let round = 0; round < ROUNDS; round += 1) rank = walked(rank, terms);
  return rank;
}

const ROUNDS = 2;
/** Lets a word that is said once weigh a little, so that a short talk has a summary too. */
const ONCE = 0.2;
const DAMPING = 0.85;
const idf = (count: number, sentences: number): number => Math.log(1 + sentences / count);

/** One step from terms to their sentences and back. */
function walked(rank: Map<string, number>, terms: readonly (readonly string[])[]): Map<string, number> {
  const next = new Map<string, number>();
  let total = 0;
  for (const list of terms) {
    if (list.length === 0) continue;
    let sum = 0;
    for (const term of list) sum += rank.get(term) ?? 0;
    const share = sum / list.length;
    for (const term of list) next.set(term, (next.get(term) ?? 0) + share);
    total += sum;
  }
  if (total === 0) return rank;
  let before = 0;
  for (const value of rank.values()) before += value;
  const result = new Map<string, number>();
  for (const [term, value] of rank) {
    result.set(term, (1 - DAMPING) * value + DAMPING * Math.sqrt(value * (((next.get(term) ?? 0) * before) / total)));
  }
  return result;
}

/** Words that point back to something a reader has not read. */
const POINTS_BACK =
  /^(?:it|it's|that|that's|this|they|they're|he|he's|she|she's|which|because|also|there|these|those|who|whose|him|her|them)$/u;

/** Null for what does not stand alone: fragments, questions, pointers back, addresses to the room. */
function candidateOf(sentence: SpokenSentence, index: number, terms: readonly string[]): Candidate | null {
  if (sentence.text.length > MAX_CHARACTERS) return null;
  const text = standingAlone(sentence.text);
  const words = wordsIn(text);
  if (words.length < MIN_WORDS || words.length > MAX_WORDS || terms.length < 3) return null;
  if (/[?？]$/u.test(text) || POINTS_BACK.test(words[0] ?? "")) return null;
  return { index, sentence, text, length: words.length, terms };
}

const DECISION =
  /\b(?:agree[ds]?|decid\w+|decision|deadline|goal|purpose|main|plan\w*|need to|needs to|have to|will|we'll|i'll|going to|propos\w+|recommend\w*|because|budget|cost\w*|price\w*|problem|issue|important|priority|by (?:monday|tuesday|wednesday|thursday|friday|next|the end))\b/iu;
const NUMBER = /\d|\b(?:hundred|thousand|million|percent)\b/iu;

function scoreOf({ terms, length, text, sentence }: Candidate, weights: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const term of terms) sum += weights.get(term) ?? 0;
  const density = sum / Math.sqrt(length + 5);
  const opening = 1 + OPENING_BONUS * Math.exp(-sentence.place * OPENING_DECAY);
  return density * opening * (DECISION.test(text) ? 1.2 : 1) * (NUMBER.test(text) ? 1.1 : 1);
}
const OPENING_BONUS = 1;
const OPENING_DECAY = 15;

/** Best first; what a taken sentence says counts a third from then on. */
function takeWithin(
  budget: number,
  candidates: readonly Candidate[],
  weights: ReadonlyMap<string, number>,
): Candidate[] {
  const left = new Map(weights);
  const taken: Candidate[] = [];
  let open = [...candidates];
  for (let words = 0; open.length > 0; ) {
    open = open.filter((candidate) => words + candidate.length <= budget);
    const best = bestOf(open, left);
    if (best === null) break;
    taken.push(best);
    words += best.length;
    open = open.filter((candidate) => candidate !== best);
    for (const term of best.terms) left.set(term, (left.get(term) ?? 0) / 3);
  }
  return taken;
}

function bestOf(candidates: readonly Candidate[], weights: ReadonlyMap<string, number>): Candidate | null {
  let best: Candidate | null = null;
  let bestScore = 0;
  for (const candidate of candidates) {
    const score = scoreOf(candidate, weights);
    if (score > bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** The summary as running text, each sentence with who said it. */
export function summaryText(sentences: readonly SummarySentence[]): string {
  const parts: string[] = [];
  let last: string | null | undefined;
  for (const { speaker, text } of sentences) {
    parts.push(speaker === last || speaker === null ? text : `${speaker}: ${text}`);
    last = speaker;
  }
  return parts.join(" ");
}
