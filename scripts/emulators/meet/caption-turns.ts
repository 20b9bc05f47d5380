import type { SpokenTurn, SpokenWord } from "./speak-script.ts";

export interface Caption {
  readonly speaker: string;
  readonly text: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

const CHANGED_SHARE = 0.08;
const TIME_ERROR_MS = 150;
const MERGE_SHARE = 0.4;
/** Meet's own bound on one entry (conferenceRecords.transcripts.entries.text). */
const MAX_ENTRY_WORDS = 10_000;
const MISHEARD = ["the", "and", "it", "was", "like", "yeah", "that", "of", "were", "there"];

/** What Meet's own transcript makes of the talk: roughly right. `random` is seeded by the caller. */
export function captionTurns(turns: readonly SpokenTurn[], random: () => number): Caption[] {
  const captions: Caption[] = [];
  for (const turn of turns) {
    for (const words of inPieces(turn.words)) {
      const caption = captionOf(turn.speaker, words, random);
      const last = captions.at(-1);
      const mergeable = last?.speaker === turn.speaker && last.text.split(" ").length + words.length < MAX_ENTRY_WORDS;
      if (last !== undefined && mergeable && random() < MERGE_SHARE) {
        captions[captions.length - 1] = { ...last, text: `${last.text} ${caption.text}`, endsMs: caption.endsMs };
      } else captions.push(caption);
    }
  }
  return captions;
}

function* inPieces(words: readonly SpokenWord[]): Iterable<readonly SpokenWord[]> {
  for (let from = 0; from < words.length; from += MAX_ENTRY_WORDS) yield words.slice(from, from + MAX_ENTRY_WORDS);
}

function captionOf(speaker: string, words: readonly SpokenWord[], random: () => number): Caption {
  const error = (): number => Math.round((random() * 2 - 1) * TIME_ERROR_MS);
  const startsMs = Math.max(0, (words[0]?.startsMs ?? 0) + error());
  const endsMs = Math.max(startsMs + 1, (words.at(-1)?.endsMs ?? 0) + error());
  return { speaker, text: words.map(({ word }) => misheard(word, random)).join(" "), startsMs, endsMs };
}

function misheard(word: string, random: () => number): string {
  if (random() >= CHANGED_SHARE) return word;
  return MISHEARD[Math.floor(random() * MISHEARD.length)] ?? word;
}
