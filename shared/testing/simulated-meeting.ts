import type { CaptionEntry, SpokenWord } from "#domain/spoken-word.ts";
import { seededRandom } from "../../scripts/emulators/pubsub/seeded-random.ts";

/** One turn of a meeting script. */
export interface ScriptTurn {
  readonly speaker: string;
  readonly content: string;
}

/** How bad Meet's entries are; the defaults are what is known of them. */
export interface EntryFaults {
  /** Share of words that are replaced (half of them by another word of the meeting). */
  readonly changedWords: number;
  /** Share of words that are left out, and share after which one is added. */
  readonly lostWords: number;
  readonly addedWords: number;
  /** Starts and ends are off by up to this much, each way. */
  readonly jitterMs: number;
  /** A turn is cut into entries of about this many words; some neighbours are joined again. */
  readonly wordsPerEntry: number;
  readonly joined: number;
  /** Share of entries that swallow the same speaker's next one although somebody spoke between. */
  readonly mergedOver: number;
  /** What Meet's clock is ahead of the recording's. */
  readonly clockAheadMs: number;
}

export const usualFaults: EntryFaults = {
  changedWords: 0.08,
  lostWords: 0,
  addedWords: 0,
  jitterMs: 150,
  wordsPerEntry: 40,
  joined: 0.3,
  mergedOver: 0,
  clockAheadMs: 0,
};

export interface SimulatedMeeting {
  readonly words: readonly SpokenWord[];
  /** Turn of each word. */
  readonly turnOfWord: readonly number[];
  readonly entries: readonly CaptionEntry[];
}

/** Holds a scripted meeting: what Speech hears (every word, no names) and what Meet notes (names, errors). */
export function holdMeeting(
  turns: readonly ScriptTurn[],
  faults: Partial<EntryFaults> = {},
  seed = 1,
): SimulatedMeeting {
  const random = seededRandom(seed);
  const settings = { ...usualFaults, ...faults };
  const words: SpokenWord[] = [];
  const turnOfWord: number[] = [];
  const said: { speaker: string; words: SpokenWord[] }[] = [];
  let atMs = 400;
  for (const [turn, { speaker, content }] of turns.entries()) {
    let entry: SpokenWord[] = [];
    said.push({ speaker, words: entry });
    for (const text of content.split(/\s+/).filter((word) => word !== "")) {
      const lastsMs = Math.round(Math.max(90, text.length * 65) * (0.7 + 0.6 * random()));
      const word = { text, startsMs: atMs, endsMs: atMs + lastsMs, confidence: 0.9, speakerLabel: null };
      words.push(word);
      turnOfWord.push(turn);
      entry.push(word);
      atMs += lastsMs + 20;
      if (entry.length >= settings.wordsPerEntry) {
        entry = [];
        said.push({ speaker, words: entry });
      }
    }
    atMs += Math.round(random() * 250);
  }
  const heard = said.filter((entry) => entry.words.length > 0);
  return { words, turnOfWord, entries: noted(heard, settings, random) };
}

type Said = readonly { readonly speaker: string; readonly words: readonly SpokenWord[] }[];

function noted(said: Said, faults: EntryFaults, random: () => number): CaptionEntry[] {
  const vocabulary = said.flatMap(({ words }) => words.map(({ text }) => text));
  const anyWord = (): string => vocabulary[Math.floor(random() * vocabulary.length)] ?? "";
  const misheard = ({ text }: SpokenWord): string[] => {
    const chance = random();
    if (chance < faults.changedWords) return [random() < 0.5 ? anyWord() : `${text.slice(0, -1)}x`];
    if (chance < faults.changedWords + faults.lostWords) return [];
    return chance > 1 - faults.addedWords ? [text, anyWord()] : [text];
  };
  const entries = said.map(({ speaker, words }) => ({
    participant: speaker,
    text: words.flatMap(misheard).join(" "),
    startsMs: words[0]?.startsMs ?? 0,
    endsMs: words.at(-1)?.endsMs ?? 0,
  }));
  const jitter = (): number => Math.round((2 * random() - 1) * faults.jitterMs);
  return mergedOver(joined(entries, faults, random), faults, random).map((entry) => {
    const startsMs = entry.startsMs + faults.clockAheadMs + jitter();
    return { ...entry, startsMs, endsMs: Math.max(startsMs, entry.endsMs + faults.clockAheadMs + jitter()) };
  });
}

function joined(entries: readonly CaptionEntry[], faults: EntryFaults, random: () => number): CaptionEntry[] {
  const result: CaptionEntry[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last !== undefined && last.participant === entry.participant && random() < faults.joined) {
      result[result.length - 1] = { ...last, text: `${last.text} ${entry.text}`, endsMs: entry.endsMs };
    } else {
      result.push(entry);
    }
  }
  return result;
}

function mergedOver(entries: readonly CaptionEntry[], faults: EntryFaults, random: () => number): CaptionEntry[] {
  const result = [...entries];
  for (let index = 0; index + 2 < result.length; index += 1) {
    const [entry, next] = [result[index], result[index + 2]];
    if (entry === undefined || next?.participant !== entry.participant || random() >= faults.mergedOver) continue;
    result[index] = { ...entry, text: `${entry.text} ${next.text}`, endsMs: next.endsMs };
    result.splice(index + 2, 1);
  }
  return result;
}
