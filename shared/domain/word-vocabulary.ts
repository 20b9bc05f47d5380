/** Gives equal words equal numbers, so that long texts are compared as integers. */
export class WordVocabulary {
  readonly #numbers = new Map<string, number>();

  /** Case, punctuation around the word and compatibility forms do not count; a lone "." or "{laughs}" is itself. */
  numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const normal = normalWord(word);
    const number = this.#numbers.get(normal) ?? this.#numbers.size;
    this.#numbers.set(normal, number);
    if (normal !== word) this.#numbers.set(word, number);
    return number;
  }
}

/** A word as it is compared: lower case, letters and digits only, unless it has none. */
export function normalWord(word: string): string {
  const folded = word.normalize("NFKC").toLowerCase();
  const bare = folded.replace(/[^\p{L}\p{N}]+/gu, "");
  return bare === "" ? folded : bare;
}

/** The words of a text, split where its white space is. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}
