import { alignSequences, UNPAIRED } from "./align-sequences.ts";
import { type CaptionEntry, type SpokenWord, wordsBetween } from "./spoken-word.ts";

/** One word of an entry with the place among the spoken words where it probably was said. */
export interface CaptionToken {
  readonly entry: number;
  readonly word: number;
  /** Index of a spoken word; rises within an entry. */
  readonly position: number;
}

/** What is aligned; words of both sides as vocabulary numbers. */
export interface CaptionedSpeech {
  readonly words: readonly SpokenWord[];
  readonly wordNumbers: Int32Array;
  readonly entries: readonly CaptionEntry[];
  readonly entryNumbers: readonly Int32Array[];
}

/** The same with the shortest entry whose time covers each spoken word, or UNPAIRED. */
export interface CoveredSpeech extends CaptionedSpeech {
  readonly covers: Int32Array;
}

/** An entry's words are looked for this long before and after it. */
const SLACK_MS = 1_000;
/** Free cells on both sides of the diagonal; entries longer than this are aligned in a band. */
const MARGIN = 96;
/** Entries that overlap by no more than this follow one another: their times are off by up to 150 ms each. */
const OVERLAP_TOLERANCE_MS = 400;

/** Just under a match: such a word is taken only when nothing else will do. */
const CONTEST = 8;

const scores = { match: 10, mismatch: -3, rowGap: -2, columnGap: -1 } as const;

/**
 * The words of all entries as one stream in the order they were said. Entries follow one another by time; where they
 * truly overlap (an entry that Meet merged over somebody's interjection) their words are sorted in by position.
 */
export function captionTokens(speech: CoveredSpeech): readonly CaptionToken[] {
  const order = speech.entries
    .map((entry, index) => ({ entry, index, middleMs: (entry.startsMs + entry.endsMs) / 2 }))
    .sort((a, b) => a.middleMs - b.middleMs);
  const stream: CaptionToken[] = [];
  let group: CaptionToken[] = [];
  let groupEndsMs = Number.NEGATIVE_INFINITY;
  for (const { entry, index } of order) {
    if (entry.startsMs >= groupEndsMs - OVERLAP_TOLERANCE_MS) {
      append(stream, group);
      group = [];
    }
    for (const token of positioned(speech, entry, index)) group.push(token);
    groupEndsMs = Math.max(groupEndsMs, entry.endsMs);
  }
  append(stream, group);
  return stream;
}

/** Overlapping entries in the order of their words' places; the sort is stable, so a single entry stays as it is. */
function append(stream: CaptionToken[], group: CaptionToken[]): void {
  for (const token of group.sort((a, b) => a.position - b.position)) stream.push(token);
}

/** Lays one entry over the words around its time; words it shares with them give the places, the others lie between. */
function positioned(speech: CoveredSpeech, entry: CaptionEntry, index: number): CaptionToken[] {
  const tokens = speech.entryNumbers[index] ?? new Int32Array(0);
  const range = wordsBetween(speech.words, entry.startsMs - SLACK_MS, entry.endsMs + SLACK_MS);
  const columns = range.to - range.from;
  const spread = columns - tokens.length;
  const first = Math.min(0, spread) - MARGIN;
  const columnOfToken = alignSequences(
    {
      rows: tokens.length,
      columns,
      width: Math.min(columns, Math.abs(spread) + 2 * MARGIN),
      low: (row) => Math.max(0, Math.min(row + first, columns - Math.abs(spread) - 2 * MARGIN)),
    },
    {
      pair: (row, column) => {
        const word = speech.words[range.from + column];
        const same = tokens[row] === speech.wordNumbers[range.from + column];
        const away = word === undefined ? 0 : outsideCost(word, entry);
        return (same ? scores.match : scores.mismatch) - away - contestCost(speech, range.from + column, index);
      },
      rowGap: scores.rowGap,
      columnGap: scores.columnGap,
    },
  );
  const inside = wordsBetween(speech.words, entry.startsMs, entry.endsMs);
  const positions = interpolated(columnOfToken, { from: inside.from - range.from, to: inside.to - range.from });
  return Array.from(tokens, (word, token) => ({ entry: index, word, position: range.from + (positions[token] ?? 0) }));
}

/** Grows with the time between a word and the entry that might contain it: 1 for every 50 ms, at most 12. */
export function outsideCost(word: SpokenWord, entry: CaptionEntry): number {
  const middleMs = (word.startsMs + word.endsMs) / 2;
  const awayMs = Math.max(0, entry.startsMs - middleMs, middleMs - entry.endsMs);
  return Math.min(12, Math.round(awayMs / 50));
}

/** Of taking a word that lies in the time of an entry inside this one: somebody's interjection that Meet merged over. */
export function contestCost(
  { covers, entries }: Pick<CoveredSpeech, "covers" | "entries">,
  word: number,
  index: number,
): number {
  const cover = covers[word] ?? UNPAIRED;
  if (cover === UNPAIRED || cover === index) return 0;
  const inner = entries[cover];
  const outer = entries[index];
  if (inner === undefined || outer === undefined) return 0;
  return inner.startsMs > outer.startsMs && inner.endsMs < outer.endsMs ? CONTEST : 0;
}

/** For each spoken word the shortest entry whose time covers its middle. */
export function coveringEntries(words: readonly SpokenWord[], entries: readonly CaptionEntry[]): Int32Array {
  const covers = new Int32Array(words.length).fill(UNPAIRED);
  const lengthMs = (entry: CaptionEntry | undefined): number =>
    entry === undefined ? Number.POSITIVE_INFINITY : entry.endsMs - entry.startsMs;
  for (const [index, entry] of entries.entries()) {
    const range = wordsBetween(words, entry.startsMs, entry.endsMs);
    for (let at = range.from; at < range.to; at += 1) {
      const word = words[at];
      const middleMs = word === undefined ? 0 : (word.startsMs + word.endsMs) / 2;
      const covered = middleMs >= entry.startsMs && middleMs <= entry.endsMs;
      if (covered && lengthMs(entry) < lengthMs(entries[covers[at] ?? UNPAIRED])) covers[at] = index;
    }
  }
  return covers;
}

/** Fills the places of unpaired tokens: counted on from the pair before, but not beyond the pair after. */
function interpolated(columns: Int32Array, inside: { readonly from: number; readonly to: number }): Float64Array {
  const result = new Float64Array(columns.length);
  let next = Math.max(inside.from, inside.to - 1);
  for (let token = columns.length - 1; token >= 0; token -= 1) {
    const column = columns[token] ?? UNPAIRED;
    next = column === UNPAIRED ? next : column;
    result[token] = next;
    if (column === UNPAIRED) next = Math.max(0, next - 1);
  }
  let before = inside.from - 1;
  for (let token = 0; token < columns.length; token += 1) {
    const column = columns[token] ?? UNPAIRED;
    if (column === UNPAIRED) result[token] = Math.max(before, Math.min(before + 1, result[token] ?? 0));
    before = result[token] ?? before;
  }
  return result;
}
