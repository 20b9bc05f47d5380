import type { SpokenWord } from "#domain/spoken-word.ts";
import { PermanentError } from "#kernel/verdicts.ts";

/** Raised when a result file is not what Speech-to-Text v2 writes; the message names the place, never the words. */
export class SpeechOutputError extends PermanentError {
  constructor(problem: string) {
    super(`The transcription result cannot be read: ${problem}.`, { code: "speech_output_unreadable" });
    this.name = "SpeechOutputError";
  }
}

/** The one shape we know: native JSON of `google.cloud.speech.v2.BatchRecognizeResults`. */
export const SPEECH_OUTPUT_VERSION = 1;

export interface SpeechOutput {
  readonly version: typeof SPEECH_OUTPUT_VERSION;
  /** In the order they were said, times from the start of the audio that Speech was given. */
  readonly words: readonly SpokenWord[];
  /** BCP 47, of the result with the most words; null when Speech named none. */
  readonly languageCode: string | null;
  readonly billedSeconds: number;
  /** Words whose times were not in the file and lie evenly between their neighbours'. */
  readonly untimedWords: number;
}

/**
 * Parses a native result file. Written by hand and not with zod: 70,000 words cost 1.5 x `JSON.parse` this way and
 * 2.5 x with a schema. Durations are strings (`"12.300s"`), zero and default fields are left out (proto3 JSON).
 * Throws SpeechOutputError.
 */
export function parseSpeechOutput(json: string): SpeechOutput {
  const root = asObject(parseJson(json), "the file");
  const results = root["results"] ?? [];
  if (!Array.isArray(results)) throw new SpeechOutputError("results is not a list: not a native result file");
  if (root["results"] === undefined && root["metadata"] === undefined) {
    throw new SpeechOutputError("neither results nor metadata is there: not a native result file");
  }
  const reader = new WordReader();
  for (const [index, result] of results.entries()) reader.readResult(asObject(result, `results[${index}]`), index);
  const metadata = root["metadata"] === undefined ? {} : asObject(root["metadata"], "metadata");
  return {
    version: SPEECH_OUTPUT_VERSION,
    words: reader.inOrder(),
    languageCode: reader.languageCode(),
    billedSeconds: millisecondsOf(metadata["totalBilledDuration"] ?? "0s", () => "metadata.totalBilledDuration") / 1000,
    untimedWords: reader.untimedWords,
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Collects the words of one file, result by result. */
class WordReader {
  readonly #words: SpokenWord[] = [];
  readonly #channels = new Set<unknown>();
  readonly #languages = new Map<string, number>();
  untimedWords = 0;

  readResult(result: JsonObject, index: number): void {
    const alternatives = result["alternatives"] ?? [];
    if (!Array.isArray(alternatives)) throw new SpeechOutputError(`results[${index}].alternatives is not a list`);
    if (alternatives.length === 0) return;
    const before = this.#words.length;
    // The first alternative is the likeliest; the others say the same again.
    const best = asObject(alternatives[0], `results[${index}].alternatives[0]`);
    const words = best["words"] ?? [];
    if (!Array.isArray(words)) throw new SpeechOutputError(`results[${index}].alternatives[0].words is not a list`);
    for (let at = 0; at < words.length; at += 1) this.#readWord(words[at], index, at);
    if (words.length === 0) this.#spreadTranscript(best["transcript"], result, index);
    this.#channels.add(result["channelTag"]);
    this.#countLanguage(result["languageCode"], this.#words.length - before);
  }

  /** Results of one channel are in order; several channels are merged by time. */
  inOrder(): readonly SpokenWord[] {
    return this.#channels.size > 1 ? this.#words.sort((a, b) => a.startsMs - b.startsMs) : this.#words;
  }

  languageCode(): string | null {
    const [likeliest] = [...this.#languages].sort((a, b) => b[1] - a[1]);
    return likeliest?.[0] ?? null;
  }

  #readWord(value: unknown, result: number, at: number): void {
    if (typeof value !== "object" || value === null)
      throw new SpeechOutputError(`${pathOf(result, at)} is not an object`);
    const { word, startOffset, endOffset, confidence, speakerLabel } = value as JsonObject;
    if (typeof word !== "string") throw new SpeechOutputError(`${pathOf(result, at)}.word is not a text`);
    if (word === "") return;
    const path = (): string => pathOf(result, at);
    const previousEndMs = this.#lastEndMs();
    if (startOffset === undefined && endOffset === undefined && previousEndMs > 0) this.untimedWords += 1;
    // A left-out start is zero at the very beginning; later it can only mean that none was given.
    const startsMs = startOffset === undefined ? previousEndMs : millisecondsOf(startOffset, path);
    const endsMs = endOffset === undefined ? startsMs : millisecondsOf(endOffset, path);
    this.#words.push({
      text: word,
      startsMs,
      endsMs: Math.max(startsMs, endsMs),
      confidence: typeof confidence === "number" && confidence > 0 ? confidence : null,
      speakerLabel: typeof speakerLabel === "string" && speakerLabel !== "" ? speakerLabel : null,
    });
  }

  /** Some models give no word times: the words are kept, evenly spread up to the result's end. */
  #spreadTranscript(transcript: unknown, result: JsonObject, index: number): void {
    if (transcript === undefined || transcript === "") return;
    if (typeof transcript !== "string") throw new SpeechOutputError(`results[${index}]'s transcript is not a text`);
    const texts = transcript.split(/\s+/u).filter((text) => text !== "");
    const fromMs = this.#lastEndMs();
    const end = result["resultEndOffset"];
    const toMs = Math.max(fromMs, end === undefined ? fromMs : millisecondsOf(end, () => `results[${index}]`));
    const stepMs = (toMs - fromMs) / Math.max(1, texts.length);
    for (const [at, text] of texts.entries()) {
      const startsMs = Math.round(fromMs + at * stepMs);
      const endsMs = Math.round(fromMs + (at + 1) * stepMs);
      this.#words.push({ text, startsMs, endsMs, confidence: null, speakerLabel: null });
    }
    this.untimedWords += texts.length;
  }

  #lastEndMs(): number {
    return this.#words.at(-1)?.endsMs ?? 0;
  }

  #countLanguage(code: unknown, words: number): void {
    if (typeof code === "string" && code !== "") this.#languages.set(code, (this.#languages.get(code) ?? 0) + words);
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The parser's own message quotes the text, so it is not repeated.
    throw new SpeechOutputError(`it is not JSON (${json.length} characters; cut off?)`);
  }
}

function asObject(value: unknown, path: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new SpeechOutputError(`${path} is not an object`);
}

const pathOf = (result: number, word: number): string => `results[${result}].alternatives[0].words[${word}]`;

/** Speech takes 8 hours of audio; a time beyond ten days is no time of a meeting and would not fit the column. */
const MAX_SECONDS = 864_000;

/** `"12.300s"` in whole milliseconds; `Number` on the slice is several times faster than a regular expression. */
function millisecondsOf(duration: unknown, path: () => string): number {
  if (typeof duration === "string" && duration.length > 1 && duration.endsWith("s")) {
    const seconds = Number(duration.slice(0, -1));
    if (seconds >= 0 && seconds < MAX_SECONDS) return Math.round(seconds * 1000);
  }
  throw new SpeechOutputError(`${path()} has a duration that is not like "12.300s"`);
}
