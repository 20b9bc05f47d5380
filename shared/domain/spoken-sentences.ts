import { withoutDisfluencies } from "./clean-speech.ts";
import type { TranscriptSegment } from "./transcript.ts";

/** A sentence of the meeting, cleaned, with what it is about. */
export interface SpokenSentence {
  readonly text: string;
  readonly speaker: string | null;
  /** Start of the turn it is in, milliseconds from the start of the recording. */
  readonly startsMs: number;
  /** All its words, lower case. */
  readonly words: readonly string[];
  /** 0 at the start of the meeting, 1 at its end. */
  readonly place: number;
}

/** Ends at a mark followed by space; not after a title, an initial or inside a number. */
const SENTENCE_BREAK =
  /(?<=[.?!…]["'”’)]{0,3})(?<!(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|approx|\p{Lu})\.)\s+|(?<=[。！？])/u;
const WORD = /[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu;
/** Scripts that write without spaces; their characters are taken in pairs. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** The sentences of all turns in order; nothing of fewer than two words. */
export function spokenSentences(segments: readonly TranscriptSegment[]): SpokenSentence[] {
  const count = Math.max(1, segments.length - 1);
  return segments.flatMap((segment, index) =>
    withoutDisfluencies(segment.text)
      .split(SENTENCE_BREAK)
      .map((text) => ({
        text,
        speaker: segment.speaker,
        startsMs: segment.startsMs,
        words: wordsIn(text),
        place: index / count,
      }))
      .filter((sentence) => sentence.words.length > 1),
  );
}

/** The words of a sentence for comparison. */
export function wordsIn(text: string): string[] {
  const words = text.toLowerCase().match(WORD) ?? [];
  return UNSPACED.test(text) ? words.flatMap(pairsOfCharacters) : words;
}

function pairsOfCharacters(word: string): string[] {
  if (!UNSPACED.test(word)) return [word];
  const characters = Array.from(word);
  return characters.length < 3 ? [word] : characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}
