import { alignSequences, UNPAIRED } from "./align-sequences.ts";
import { captionClockOffsetMs } from "./caption-clock.ts";
import {
  type CaptionToken,
  type CoveredSpeech,
  captionTokens,
  contestCost,
  coveringEntries,
  outsideCost,
} from "./caption-tokens.ts";
import type { CaptionEntry, Presence, SpokenWord } from "./spoken-word.ts";
import { WordVocabulary, wordsOf } from "./word-vocabulary.ts";

/** How we know who spoke: from Meet's entries, from who was alone in the room, from the voice, or not at all. */
export const speakerSources = ["meet_entry", "meet_session", "diarization", "none"] as const;
export type SpeakerSource = (typeof speakerSources)[number];

/** Who said a word: a participant, a diarization label, or nobody known (`speaker` null). */
export interface Attribution {
  readonly speaker: string | null;
  readonly source: SpeakerSource;
}

/** What Meet knows of a recording's people, on the recording's clock. */
export interface MeetingEvidence {
  readonly entries: readonly CaptionEntry[];
  readonly presences: readonly Presence[];
}

/** Columns (spoken words) that a token may be paired with around its probable place. */
const BAND = 64;
/** A word that no entry's text explains still belongs to an entry this near: times are off by up to 150 ms. */
const NEAR_MS = 300;

const scores = { match: 10, mismatch: -1, rowGap: -4, columnGap: -4 } as const;

export const UNKNOWN: Attribution = { speaker: null, source: "none" };

/** One attribution per word. Entries decide; then presence; then the voice's label; unknown stays unknown. */
export function attributeSpeakers(words: readonly SpokenWord[], evidence: MeetingEvidence): Attribution[] {
  const entryOfWord = alignedEntries(words, evidence.entries);
  const fallback = makeFallback(evidence);
  const named = evidence.entries.map(
    ({ participant }): Attribution => ({ speaker: participant, source: "meet_entry" }),
  );
  return words.map((word, index) => named[entryOfWord[index] ?? UNPAIRED] ?? fallback(word));
}

/** The entry of each spoken word, by its text and, where the text is silent, by its time; UNPAIRED where neither tells. */
function alignedEntries(words: readonly SpokenWord[], noted: readonly CaptionEntry[]): Int32Array {
  const entryOfWord = new Int32Array(words.length).fill(UNPAIRED);
  if (noted.length === 0) return entryOfWord;
  const vocabulary = new WordVocabulary();
  const wordNumbers = Int32Array.from(words, ({ text }) => vocabulary.numberOf(text));
  const entryNumbers = noted.map(({ text }) => Int32Array.from(wordsOf(text), (word) => vocabulary.numberOf(word)));
  const offsetMs = captionClockOffsetMs({ words, wordNumbers, entries: noted, entryNumbers });
  const entries = noted.map((entry) => ({
    ...entry,
    startsMs: entry.startsMs + offsetMs,
    endsMs: entry.endsMs + offsetMs,
  }));
  const speech = { words, wordNumbers, entries, entryNumbers, covers: coveringEntries(words, entries) };
  const tokens = captionTokens(speech);
  for (const [token, word] of alignedTokens(speech, tokens).entries()) {
    if (word !== UNPAIRED) entryOfWord[word] = tokens[token]?.entry ?? UNPAIRED;
  }
  fillByTime(entryOfWord, speech);
  return entryOfWord;
}

/** Aligns the whole stream at once, so that a changed word next to a border is decided by its neighbours' places. */
function alignedTokens(speech: CoveredSpeech, tokens: readonly CaptionToken[]): Int32Array {
  const { words, wordNumbers, entries } = speech;
  const width = Math.min(BAND, words.length);
  const lows = new Int32Array(tokens.length);
  let low = 0;
  for (const [token, { position }] of tokens.entries()) {
    low = Math.max(low, Math.min(words.length - width, Math.round(position) - (width >> 1)));
    lows[token] = low;
  }
  return alignSequences(
    { rows: tokens.length, columns: words.length, width, low: (row) => lows[row] ?? 0 },
    {
      pair: (row, column) => {
        const token = tokens[row];
        const word = words[column];
        const entry = entries[token?.entry ?? UNPAIRED];
        if (token === undefined || word === undefined || entry === undefined) return scores.mismatch;
        const same = token.word === wordNumbers[column];
        return (
          (same ? scores.match : scores.mismatch) - outsideCost(word, entry) - contestCost(speech, column, token.entry)
        );
      },
      rowGap: scores.rowGap,
      columnGap: scores.columnGap,
    },
  );
}

/** Words without a token: between two words of one entry they are that entry's; else the one nearest in time, if near. */
function fillByTime(entryOfWord: Int32Array, { words, entries, covers }: CoveredSpeech): void {
  for (let from = 0; from < words.length; from += 1) {
    if (entryOfWord[from] !== UNPAIRED) continue;
    let to = from;
    while (to < words.length && entryOfWord[to] === UNPAIRED) to += 1;
    const before = from === 0 ? UNPAIRED : (entryOfWord[from - 1] ?? UNPAIRED);
    const after = to === words.length ? UNPAIRED : (entryOfWord[to] ?? UNPAIRED);
    for (let index = from; index < to; index += 1) {
      const near = before === after ? before : nearer(words[index], entries, { before, after });
      entryOfWord[index] = near === UNPAIRED ? (covers[index] ?? UNPAIRED) : near;
    }
    from = to;
  }
}

function nearer(
  word: SpokenWord | undefined,
  entries: readonly CaptionEntry[],
  around: { readonly before: number; readonly after: number },
): number {
  const away = (index: number): number => {
    const entry = entries[index];
    if (entry === undefined || word === undefined) return Number.POSITIVE_INFINITY;
    const middleMs = (word.startsMs + word.endsMs) / 2;
    return Math.max(0, entry.startsMs - middleMs, middleMs - entry.endsMs);
  };
  const [toBefore, toAfter] = [away(around.before), away(around.after)];
  if (Math.min(toBefore, toAfter) > NEAR_MS) return UNPAIRED;
  return toBefore <= toAfter ? around.before : around.after;
}

/** What to say of a word that no entry explains. */
function makeFallback({ entries, presences }: MeetingEvidence): (word: SpokenWord) => Attribution {
  const voices = new Map<string, Attribution>();
  const byVoice = (label: string): Attribution => {
    const voice = voices.get(label) ?? { speaker: label, source: "diarization" };
    voices.set(label, voice);
    return voice;
  };
  return (word) => {
    const alone = aloneDuring(presences, word);
    if (alone !== null) return { speaker: alone, source: "meet_session" };
    return entries.length > 0 || word.speakerLabel === null ? UNKNOWN : byVoice(word.speakerLabel);
  };
}

/** The one participant who was in the room while the word was said, or null for none or several. */
function aloneDuring(presences: readonly Presence[], word: SpokenWord): string | null {
  let alone: string | null = null;
  for (const { participant, startsMs, endsMs } of presences) {
    if (startsMs >= word.endsMs || endsMs <= word.startsMs || participant === alone) continue;
    if (alone !== null) return null;
    alone = participant;
  }
  return alone;
}
