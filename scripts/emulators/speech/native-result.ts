import { crc32 } from "node:zlib";
import type { HeardWord } from "../spoken-audio/hear-spoken-audio.ts";
import type { HeardFile } from "./hear-file.ts";
import type { Batch } from "./screen-batch.ts";

/** A pause as long as this ends a result. */
const PAUSE_MS = 1_000;
/** A result is not longer than about this. */
const MAX_RESULT_MS = 30_000;

/** BatchRecognizeResults as proto3 JSON: zero and default fields are left out, offsets are `"1.200s"`. */
export interface NativeResult {
  readonly results?: readonly Record<string, unknown>[];
  readonly metadata: { readonly totalBilledDuration?: string; readonly requestId: string };
}

/** What Speech writes for one file; billed by the second, rounded up. */
export function nativeResult(heard: HeardFile, batch: Batch, requestId: string): NativeResult {
  const results = splitIntoResults(heard.words).map((words) => resultOf(words, batch));
  const billedSeconds = Math.ceil(heard.durationMs / 1_000);
  return {
    ...(results.length === 0 ? {} : { results }),
    metadata: { ...duration("totalBilledDuration", billedSeconds * 1_000), requestId },
  };
}

function splitIntoResults(words: readonly HeardWord[]): HeardWord[][] {
  const results: HeardWord[][] = [];
  for (const word of words) {
    const current = results.at(-1);
    const [first, last] = [current?.[0], current?.at(-1)];
    const continues =
      first !== undefined &&
      last !== undefined &&
      word.startsMs - last.endsMs < PAUSE_MS &&
      word.endsMs - first.startsMs <= MAX_RESULT_MS;
    if (continues) current?.push(word);
    else results.push([word]);
  }
  return results;
}

function resultOf(heard: readonly HeardWord[], { features, languageCode }: Batch): Record<string, unknown> {
  const words = heard
    .map((word) => ({ ...word, word: features.enableAutomaticPunctuation ? word.word : withoutPunctuation(word.word) }))
    .filter(({ word }) => word !== "");
  const mean = words.reduce((sum, { word }) => sum + confidenceOf(word), 0) / Math.max(1, words.length);
  const hasWords =
    features.enableWordTimeOffsets || features.enableWordConfidence || features.diarizationConfig !== undefined;
  const endsMs = heard.reduce((latest, word) => Math.max(latest, word.endsMs), 0);
  const alternative = {
    transcript: words.map(({ word }) => word).join(" "),
    confidence: rounded(mean),
    ...(hasWords ? { words: words.map((word) => wordInfo(word, features)) } : {}),
  };
  return { alternatives: [alternative], ...duration("resultEndOffset", endsMs), languageCode };
}

function wordInfo({ word, startsMs, endsMs }: HeardWord, features: Batch["features"]): Record<string, unknown> {
  const times = features.enableWordTimeOffsets
    ? { ...duration("startOffset", startsMs), ...duration("endOffset", endsMs) }
    : {};
  return {
    ...times,
    word,
    ...(features.enableWordConfidence ? { confidence: rounded(confidenceOf(word)) } : {}),
    // One microphone, one speaker: the audio does not say who speaks.
    ...(features.diarizationConfig === undefined ? {} : { speakerLabel: "1" }),
  };
}

/** 0.80 to 0.99, the same for the same word. */
function confidenceOf(word: string): number {
  return 0.8 + (crc32(word) % 20) / 100;
}

const rounded = (confidence: number): number => Number(confidence.toFixed(4));

const withoutPunctuation = (word: string): string => word.replaceAll(/^[\p{P}]+|[\p{P}]+$/gu, "");

/** `{ [name]: "1.200s" }`, with 0 or 3 decimals as proto3 JSON has it; nothing for zero. */
function duration(name: string, ms: number): Record<string, string> {
  if (ms === 0) return {};
  return { [name]: `${ms % 1_000 === 0 ? ms / 1_000 : (ms / 1_000).toFixed(3)}s` };
}
