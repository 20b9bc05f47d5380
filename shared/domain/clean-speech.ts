/** `{vocalsound}`, `[laughter]`, `<noise>`: notes of a transcriber or a model, not words. */
const ANNOTATION = /\{[^{}]*\}|\[[^[\]]*\]|<[^<>]*>/gu;
/** Sounds of thinking and listening; lengths are bounded so that a hostile "mmmm…" costs no more than its length. */
const FILLER =
  /(?<![\p{L}\p{N}'’-])(?:u{1,9}h{1,9}m{0,9}|u{1,9}m{1,9}|er{1,9}m{0,9}|h{1,9}m{1,9}|m{1,9}h{1,9}m{1,9}|m{2,9}|mm-hmm|uh-huh|ah{1,9}|eh|huh)(?![\p{L}\p{N}'’-])[,.…]?/giu;
/** The same word or pair of words said twice or more in a row: "the the", "I think I think". */
const STUTTER = /(?<![\p{L}\p{N}'’])([\p{L}\p{N}'’]+(?:\s[\p{L}\p{N}'’]+)?)(?:\s*,?\s+\1(?![\p{L}\p{N}'’]))+/giu;
const SPACE_BEFORE_MARK = /\s+(?=[,.;:?!…%])/gu;
const MARK_AFTER_MARK = /([,;:])\s*(?=[,.;:?!])/gu;
/** "I 'm", "don 't": how some transcripts write contractions. */
const SPLIT_CONTRACTION = /(?<=\p{L})\s+(?=['’](?:m|s|d|t|re|ve|ll)(?!\p{L}))/giu;
/** Marks that stand at the start once what was before them is gone. */
const LEADING_MARKS = /^[\s,.;:?!…-]+/u;
const OPENERS = [
  "so",
  "well",
  "okay",
  "ok",
  "yeah",
  "yes",
  "no",
  "right",
  "and",
  "but",
  "or",
  "like",
  "now",
  "then",
  "anyway",
];
/** Said at the start to take the turn; the sentence is the same without. "you know" and "I mean" anywhere before a comma. */
const OPENER = new RegExp(
  `^(?:(?:${OPENERS.join("|")}|you know|i mean|i guess|all right|alright)(?=[\\s,.]),?\\.?\\s*)+`,
  "iu",
);
const ASIDE = /(?:,\s*)?(?<![\p{L}'’])(?:you know|i mean|sort of|kind of)(?![\p{L}'’]),?/giu;

/** Speech as a reader would write it down: no annotations, fillers or stutters. Words are never added or replaced. */
export function withoutDisfluencies(text: string): string {
  const plain = withoutAnnotations(text).replaceAll(FILLER, " ").replaceAll(/\s+/gu, " ");
  return tidy(plain.replaceAll(STUTTER, "$1").replaceAll(STUTTER, "$1"));
}

/** What analysis reads: annotations gone, punctuation close to its word, all words kept. */
export function withoutAnnotations(text: string): string {
  return text.replaceAll(ANNOTATION, " ").replaceAll(/\s+/gu, " ").replaceAll(SPACE_BEFORE_MARK, "").trim();
}

/** A sentence on its own: no "So, yeah," in front, capital at the start, a full stop at the end. */
export function standingAlone(sentence: string): string {
  const body = tidy(tidy(sentence.replaceAll(ASIDE, " ")).replace(OPENER, ""));
  const ended = /[.?!…。！？]$/u.test(body) || body === "" ? body : `${body.replace(/[,;:-]+$/u, "")}.`;
  const [first = ""] = ended;
  return first.toLocaleUpperCase("en") + ended.slice(first.length);
}

function tidy(text: string): string {
  return text
    .replaceAll(/\s+/gu, " ")
    .replaceAll(SPACE_BEFORE_MARK, "")
    .replaceAll(SPLIT_CONTRACTION, "")
    .replaceAll(MARK_AFTER_MARK, "")
    .replace(LEADING_MARKS, "")
    .trim();
}
