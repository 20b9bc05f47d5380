import { setImmediate } from "node:timers/promises";
import nlp from "compromise";
import type { TextBlock } from "./split-blocks.ts";
import { splitBlocks } from "./split-blocks.ts";

export interface Word {
  readonly text: string;
  /** UTF-16 indexes in the document. */
  readonly begin: number;
  readonly end: number;
  /** What compromise says of it: Person, Place, Money, Noun … */
  readonly tags: ReadonlySet<string>;
  /** Whether the next word belongs to another phrase: a comma, a full stop that ends no abbreviation. */
  readonly endsPhrase: boolean;
}

export interface ParsedSentence {
  readonly begin: number;
  readonly end: number;
  readonly words: readonly Word[];
}

/** Google ignores the tokens beyond this number (cloud.google.com/natural-language/quotas). */
const MAX_TOKENS = 100_000;

/** Sentences in order with their tagged words. Yields to the event loop between blocks: all emulators share a process. */
export async function readSentences(text: string): Promise<ParsedSentence[]> {
  const sentences: ParsedSentence[] = [];
  let tokens = 0;
  for (const block of splitBlocks(text)) {
    const parsed = parseBlock(block);
    sentences.push(...parsed);
    tokens += parsed.reduce((sum, { words }) => sum + words.length, 0);
    if (tokens >= MAX_TOKENS) break;
    await setImmediate();
  }
  return sentences;
}

function parseBlock({ begin, text }: TextBlock): ParsedSentence[] {
  let cursor = 0;
  return nlp(text).docs.flatMap((terms) => {
    const words: Word[] = [];
    let end = cursor;
    for (const term of terms) {
      // The second half of a contraction ("do" + "not") has no text of its own.
      const at = term.text === "" ? -1 : text.indexOf(term.text, cursor);
      if (at < 0) continue;
      cursor = at + term.text.length;
      end = cursor + term.post.trimEnd().length;
      const tags = term.tags ?? new Set<string>();
      words.push({ text: term.text, begin: begin + at, end: begin + cursor, tags, endsPhrase: endsPhrase(term) });
    }
    const first = words[0];
    if (first === undefined) return [];
    const opening = terms[0]?.pre.trimStart().length ?? 0;
    return [{ begin: first.begin - opening, end: begin + Math.min(end, text.length), words }];
  });
}

function endsPhrase({ post, tags }: { readonly post: string; readonly tags?: ReadonlySet<string> }): boolean {
  if (tags?.has("Possessive") === true) return true;
  const mark = post.trim();
  return mark !== "" && !(mark === "." && tags?.has("Abbreviation") === true);
}
