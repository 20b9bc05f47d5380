import type { CaptionEntry, SpokenWord } from "./spoken-word.ts";
import { normalWord, wordsOf } from "./word-vocabulary.ts";

/** Fewer words in common than this say nothing about the clocks. */
const MIN_ANCHORS = 12;
/** Differences that scatter more than this are not one clock's offset. */
const MAX_SPREAD_MS = 2_000;
/** Entry times are off by up to 150 ms; a smaller offset is within their error. */
const MIN_OFFSET_MS = 250;
/** Words of fewer letters are too common to tell one place. */
const MIN_LETTERS = 4;

/**
 * What to add to entry times so that they agree with the recording's: Meet's clock and the first sample of the file
 * need not begin together. Measured on words that occur once in both texts; 0 where they do not agree on one offset.
 */
export function captionClockOffsetMs(words: readonly SpokenWord[], entries: readonly CaptionEntry[]): number {
  const spokenAt = singleOccurrences(
    words.map((word) => ({ text: word.text, atMs: (word.startsMs + word.endsMs) / 2 })),
  );
  const notedAt = singleOccurrences(entries.flatMap(estimatedTimes));
  const differences: number[] = [];
  for (const [word, atMs] of notedAt) {
    const spoken = spokenAt.get(word);
    if (spoken !== undefined && spoken !== null && atMs !== null) differences.push(spoken - atMs);
  }
  if (differences.length < MIN_ANCHORS) return 0;
  const offset = median(differences);
  const spread = median(differences.map((difference) => Math.abs(difference - offset)));
  return spread > MAX_SPREAD_MS || Math.abs(offset) < MIN_OFFSET_MS ? 0 : Math.round(offset);
}

/** Where a word occurs, or null when it occurs again. */
function singleOccurrences(
  occurrences: readonly { readonly text: string; readonly atMs: number }[],
): Map<string, number | null> {
  const found = new Map<string, number | null>();
  for (const { text, atMs } of occurrences) {
    if (text.length < MIN_LETTERS) continue;
    const word = normalWord(text);
    if (word.length >= MIN_LETTERS) found.set(word, found.has(word) ? null : atMs);
  }
  return found;
}

/** The words of an entry spread evenly over its time. */
function estimatedTimes(entry: CaptionEntry): { readonly text: string; readonly atMs: number }[] {
  const words = wordsOf(entry.text);
  const stepMs = (entry.endsMs - entry.startsMs) / Math.max(1, words.length);
  return words.map((text, index) => ({ text, atMs: entry.startsMs + (index + 0.5) * stepMs }));
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
