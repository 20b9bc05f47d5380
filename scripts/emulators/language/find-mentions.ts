import type { EntityType, MentionType } from "./entity-types.ts";
import type { ParsedSentence, Word } from "./read-sentences.ts";

export interface Mention {
  readonly content: string;
  /** UTF-16 index in the document. */
  readonly begin: number;
  readonly entityType: EntityType;
  readonly type: MentionType;
  /** Index of its sentence. */
  readonly sentence: number;
}

type Reading = Pick<Mention, "entityType" | "type">;
interface Run {
  readonly reading: Reading;
  readonly words: Word[];
}

/** Google ignores the entity mentions beyond this number (cloud.google.com/natural-language/quotas). */
const MAX_MENTIONS = 5_000;

const INTRODUCED: Reading = { entityType: "PERSON", type: "PROPER" };
/** Enough to hold "my name is". */
const INTRODUCTION_LENGTH = 16;

/** What a word is the mention of, by the first of its tags in this list. */
const READINGS: readonly (readonly [tag: string, ...reading: [EntityType, MentionType]])[] = [
  ["PhoneNumber", "PHONE_NUMBER", "TYPE_UNKNOWN"],
  ["Money", "PRICE", "TYPE_UNKNOWN"],
  ["Currency", "PRICE", "TYPE_UNKNOWN"],
  ["Date", "DATE", "TYPE_UNKNOWN"],
  ["Person", "PERSON", "PROPER"],
  ["Organization", "ORGANIZATION", "PROPER"],
  ["Place", "LOCATION", "PROPER"],
  ["NumericValue", "NUMBER", "TYPE_UNKNOWN"],
  ["ProperNoun", "OTHER", "PROPER"],
  ["Acronym", "OTHER", "PROPER"],
  ["Actor", "PERSON", "COMMON"],
  ["Noun", "OTHER", "COMMON"],
];

/** Tagged as nouns, yet they name nothing. */
const EMPTY_NOUNS = new Set(
  (
    "thing things something anything everything nothing someone anyone everyone somebody anybody everybody nobody " +
    "lot lots bit kind sort way ways today tomorrow yesterday now here there one ones other others"
  ).split(" "),
);
const SKIPPED_TAGS = ["Pronoun", "Duration", "Time", "Email", "Url", "Emoji", "Emoticon", "HashTag", "AtMention"];

/** Every mention of a person, place, organization, date, price, number or thing, in the order of the text. */
export function findMentions(text: string, sentences: readonly ParsedSentence[]): Mention[] {
  const mentions: Mention[] = [];
  for (const [sentence, { words }] of sentences.entries()) {
    for (const run of runsOf(words)) mentions.push(mentionOf(text, run, sentence));
    if (mentions.length >= MAX_MENTIONS) break;
  }
  return mentions.slice(0, MAX_MENTIONS);
}

function runsOf(words: readonly Word[]): Run[] {
  const runs: Run[] = [];
  let open: Run | null = null;
  for (const word of words) {
    const reading = readingOf(word);
    if (open !== null && reading !== null && continues(open, word, reading)) open.words.push(word);
    else {
      open = reading === null ? null : { reading, words: [word] };
      if (open !== null) runs.push(open);
    }
  }
  return runs;
}

function readingOf({ text, tags }: Word): Reading | null {
  if (SKIPPED_TAGS.some((tag) => tags.has(tag)) || EMPTY_NOUNS.has(text.toLowerCase())) return null;
  // "our", "their": possessive without a name.
  if (tags.has("Possessive") && !/['’]/.test(text)) return null;
  if (/^\+\d/.test(text)) return { entityType: "PHONE_NUMBER", type: "TYPE_UNKNOWN" };
  const found = READINGS.find(([tag]) => tags.has(tag));
  if (found === undefined) return null;
  const [, entityType, type] = found;
  if (entityType === "NUMBER" && !/\d/.test(text)) return null;
  return /[\p{L}\p{N}]/u.test(text) ? { entityType, type } : null;
}

/** "March 3rd, 2027" goes over a comma; "support team" is one thing, "Ada, Nima" are two people. */
function continues({ reading, words }: Run, word: Word, next: Reading): boolean {
  const isDate = reading.entityType === "DATE";
  if (isDate && next.entityType === "NUMBER") return /^\d{4}$/.test(word.text);
  if (words.at(-1)?.endsPhrase === true && !isDate) return false;
  // "+1 415 555 0134"
  if (reading.entityType === "PHONE_NUMBER") return next.entityType === "NUMBER" && /^[\d()-]+$/.test(word.text);
  if (reading.type === "COMMON" && next.type === "COMMON") return true;
  if (reading.entityType === "NUMBER") return false;
  return reading.entityType === next.entityType && reading.type === next.type;
}

function mentionOf(text: string, { reading, words }: Run, sentence: number): Mention {
  const [begin, end] = [words[0]?.begin ?? 0, words.at(-1)?.end ?? 0];
  const content = text.slice(begin, end).replace(/['’]s?$/, "");
  // In "customer success manager" the last noun says what kind of thing it is.
  const last = reading.type === "COMMON" ? words.at(-1) : undefined;
  const kind = last === undefined ? reading : (readingOf(last) ?? reading);
  const known = isIntroduced(text.slice(0, begin), content) ? INTRODUCED : kind;
  return { ...known, content, begin, sentence };
}

/** The parser's list of first names is short; whoever introduces themselves is a person. */
function isIntroduced(before: string, name: string): boolean {
  if (!/^\p{Lu}\S*(?: \p{Lu}\S*)*$/u.test(name)) return false;
  const words = before.slice(-INTRODUCTION_LENGTH);
  if (/\b(?:I['’]m|I am|my name is|my name['’]s)\s+$/i.test(words)) return true;
  return name.includes(" ") && /\bthis is\s+$/i.test(words);
}
