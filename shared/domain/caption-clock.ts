import type { CaptionedSpeech } from "./caption-tokens.ts";

/** Fewer phrases in common than this say nothing about the clocks. */
const MIN_ANCHORS = 12;
/** Differences that scatter more than this are not one clock's offset. */
const MAX_SPREAD_MS = 2_000;
/** Entry times are off by up to 150 ms; a smaller offset is within their error. */
const MIN_OFFSET_MS = 250;
/** Three vocabulary numbers in one exact number: 2^17 words leave room for 2^51. */
const RADIX = 2 ** 17;

/**
 * What to add to entry times so that they agree with the recording's: Meet's clock and the first sample of the file
 * need not begin together. Measured on phrases of three words that occur once in both texts; 0 where they do not
 * agree on one offset.
 */
export function captionClockOffsetMs({ words, wordNumbers, entries, entryNumbers }: CaptionedSpeech): number {
  const spokenAt = new Map<number, number>();
  notePhrases(spokenAt, wordNumbers, (index) => words[index]?.startsMs ?? 0);
  const notedAt = new Map<number, number>();
  for (const [index, entry] of entries.entries()) {
    const numbers = entryNumbers[index] ?? new Int32Array(0);
    const stepMs = (entry.endsMs - entry.startsMs) / Math.max(1, numbers.length);
    notePhrases(notedAt, numbers, (at) => entry.startsMs + at * stepMs);
  }
  const differences: number[] = [];
  for (const [phrase, atMs] of notedAt) {
    const difference = (spokenAt.get(phrase) ?? Number.NaN) - atMs;
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  if (differences.length < MIN_ANCHORS) return 0;
  const offset = median(differences);
  const spread = median(differences.map((difference) => Math.abs(difference - offset)));
  return spread > MAX_SPREAD_MS || Math.abs(offset) < MIN_OFFSET_MS ? 0 : Math.round(offset);
}

/** When each phrase of three words begins; NaN once it has occurred again. */
function notePhrases(atOfPhrase: Map<number, number>, numbers: Int32Array, atMs: (index: number) => number): void {
  for (let index = 0; index + 2 < numbers.length; index += 1) {
    const [first = 0, second = 0, third = 0] = numbers.subarray(index, index + 3);
    const phrase = (first * RADIX + second) * RADIX + third;
    atOfPhrase.set(phrase, atOfPhrase.has(phrase) ? Number.NaN : atMs(index));
  }
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
