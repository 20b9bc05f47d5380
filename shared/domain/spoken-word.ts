/** One word as Speech heard it; times in milliseconds from the start of the recording. */
export interface SpokenWord {
  readonly text: string;
  readonly startsMs: number;
  readonly endsMs: number;
  /** 0 to 1; null when Speech gave none. */
  readonly confidence: number | null;
  /** Diarization label (`1`, `2` …), only where the model tells voices apart. */
  readonly speakerLabel: string | null;
}

/** What people said as Meet noted it, with its rough times moved to milliseconds from the start of the recording. */
export interface CaptionEntry {
  /** Whose entry it is; any string that tells participants apart. */
  readonly participant: string;
  readonly text: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** One stay of a participant in the room, on the recording's clock; open-ended while `endsMs` is Infinity. */
export interface Presence {
  readonly participant: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** Half-open range of word indexes. */
export interface WordRange {
  readonly from: number;
  readonly to: number;
}

/** Index of the first word that ends after `atMs`; words are in the order they were said. */
export function firstWordEndingAfter(words: readonly SpokenWord[], atMs: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const word = words[middle];
    if (word !== undefined && word.endsMs > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The words said, even partly, between two instants. */
export function wordsBetween(words: readonly SpokenWord[], startsMs: number, endsMs: number): WordRange {
  const from = firstWordEndingAfter(words, startsMs);
  let to = from;
  for (let word = words[to]; word !== undefined && word.startsMs < endsMs; word = words[to]) to += 1;
  return { from, to };
}
