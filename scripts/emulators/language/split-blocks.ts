export interface TextBlock {
  /** Index of the block's first UTF-16 unit in the whole text. */
  readonly begin: number;
  readonly text: string;
}

/** The parser takes some 30 ms for this much; between two blocks the other emulators get their turn. */
const BLOCK_LENGTH = 4_000;

/** Consecutive pieces of a text, cut after a line, else after a sentence, else after a word. Together they are the text. */
export function* splitBlocks(text: string): Generator<TextBlock> {
  for (let begin = 0; begin < text.length; ) {
    const window = text.slice(begin, begin + BLOCK_LENGTH);
    const isLast = begin + window.length === text.length;
    const block = isLast ? window : window.slice(0, cutOf(window));
    yield { begin, text: block };
    begin += block.length;
  }
}

function cutOf(window: string): number {
  const sentenceEnd = [...window.matchAll(/[.?!]["')\]]*\s/g)].at(-1);
  const candidates = [
    window.lastIndexOf("\n") + 1,
    sentenceEnd === undefined ? 0 : sentenceEnd.index + sentenceEnd[0].length,
    window.search(/\s\S*$/) + 1,
  ];
  const cut = candidates.find((candidate) => candidate > 0);
  if (cut !== undefined) return cut;
  // One endless word: at least do not cut a surrogate pair in two.
  return /[\uD800-\uDBFF]$/.test(window) ? window.length - 1 : window.length;
}
