import vader from "vader-sentiment";

export interface Sentiment {
  /** -1 (negative) to 1 (positive). */
  readonly score: number;
  /** 0 and up: how much feeling, whichever way; longer texts have more. */
  readonly magnitude: number;
}

/** The score of one sentence by VADER's lexicon and rules. */
export function sentenceScore(sentence: string): number {
  return vader.SentimentIntensityAnalyzer.polarity_scores(sentence).compound;
}

/** Mean of the scores, and the sum of what they are apart from zero. Google answers with one decimal. */
export function overallSentiment(scores: readonly number[]): Sentiment {
  if (scores.length === 0) return { score: 0, magnitude: 0 };
  const sum = scores.reduce((total, score) => total + score, 0);
  const magnitude = scores.reduce((total, score) => total + Math.abs(score), 0);
  return { score: oneDecimal(sum / scores.length), magnitude: oneDecimal(magnitude) };
}

function oneDecimal(value: number): number {
  // Adding 0 turns -0 into 0.
  return Math.round(value * 10) / 10 + 0;
}
