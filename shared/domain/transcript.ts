import { storableText } from "#kernel/text.ts";
import {
  type Attribution,
  attributeSpeakers,
  type MeetingEvidence,
  type SpeakerSource,
  UNKNOWN,
} from "./attribute-speakers.ts";
import type { SpokenWord } from "./spoken-word.ts";

/** What somebody said in one go; times in milliseconds from the start of the recording. */
export interface TranscriptSegment {
  /** The speaker's display name; null where it is not known who spoke. */
  readonly speaker: string | null;
  readonly speakerSource: SpeakerSource;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly text: string;
  /** Mean of the words' confidences; null when Speech gave none. */
  readonly confidence: number | null;
}

export const UNKNOWN_SPEAKER = "Unknown speaker";

/** A silence this long starts a new turn of the same speaker. */
const PAUSE_MS = 4_000;
/** A monologue is broken after a sentence once it has this many words, and anywhere at the limit. */
const LONG_TURN_WORDS = 150;
const TURN_LIMIT_WORDS = 400;
const SENTENCE_END = /[.?!…。！？]["'”’)\]]*$/u;
/** Names are shown in one line; Meet lets people call themselves anything. */
const MAX_NAME_LENGTH = 200;

/**
 * Turns of one recording: every word once and in order, speakers from Meet where it knows them.
 * `names` maps participants to display names; a participant without one is unknown.
 */
export function buildSegments(
  words: readonly SpokenWord[],
  evidence: MeetingEvidence & { readonly names: ReadonlyMap<string, string> },
): TranscriptSegment[] {
  const attributions = attributeSpeakers(words, evidence);
  const segments: TranscriptSegment[] = [];
  for (let from = 0; from < words.length; ) {
    const attribution = attributions[from] ?? UNKNOWN;
    const to = endOfTurn(words, attributions, from);
    const segment = segmentOf(words.slice(from, to), attribution, evidence.names);
    if (segment.text !== "") segments.push(segment);
    from = to;
  }
  return segments;
}

/** `Name: text`, one line a turn, no times; the text of the row. */
export function transcriptText(segments: readonly Pick<TranscriptSegment, "speaker" | "text">[]): string {
  return segments.map(({ speaker, text }) => `${speaker ?? UNKNOWN_SPEAKER}: ${text}`).join("\n");
}

/** One line of text: NUL, line breaks and other control characters become spaces, lone surrogates U+FFFD. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
  return storableText(text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, " ")).trim();
}

/** Index after the last word of the turn that begins at `from`. */
function endOfTurn(words: readonly SpokenWord[], attributions: readonly Attribution[], from: number): number {
  const speaker = attributions[from]?.speaker;
  for (let to = from + 1; to < words.length; to += 1) {
    const previous = words[to - 1];
    const word = words[to];
    if (word === undefined || previous === undefined || attributions[to]?.speaker !== speaker) return to;
    if (word.startsMs - previous.endsMs >= PAUSE_MS || to - from >= TURN_LIMIT_WORDS) return to;
    if (to - from >= LONG_TURN_WORDS && SENTENCE_END.test(previous.text)) return to;
  }
  return words.length;
}

function segmentOf(
  words: readonly SpokenWord[],
  { speaker, source }: Attribution,
  names: ReadonlyMap<string, string>,
): TranscriptSegment {
  const name = nameOf(speaker, source, names);
  let confidence = 0;
  let rated = 0;
  for (const word of words) {
    if (word.confidence === null) continue;
    confidence += word.confidence;
    rated += 1;
  }
  return {
    speaker: name,
    speakerSource: name === null ? "none" : source,
    startsMs: words[0]?.startsMs ?? 0,
    endsMs: words.at(-1)?.endsMs ?? 0,
    text: oneLine(words.map((word) => word.text).join(" ")),
    confidence: rated === 0 ? null : Math.round((confidence / rated) * 1000) / 1000,
  };
}

function nameOf(speaker: string | null, source: SpeakerSource, names: ReadonlyMap<string, string>): string | null {
  if (speaker === null) return null;
  if (source === "diarization") return `Speaker ${speaker}`;
  const name = oneLine(names.get(speaker) ?? "")
    .slice(0, MAX_NAME_LENGTH)
    .toWellFormed();
  return name === "" ? null : name;
}
