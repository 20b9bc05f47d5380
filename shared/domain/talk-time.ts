import { type TranscriptSegment, UNKNOWN_SPEAKER } from "./transcript.ts";

/** How much one speaker spoke. */
export interface TalkTime {
  readonly speaker: string;
  readonly seconds: number;
  /** Of all seconds spoken, 0 to 1. */
  readonly share: number;
  readonly words: number;
  readonly turns: number;
}

/** Talk time of each speaker, most talkative first; silences are nobody's. */
export function talkTimes(segments: readonly TranscriptSegment[]): TalkTime[] {
  const bySpeaker = new Map<string, { milliseconds: number; words: number; turns: number }>();
  for (const { speaker, startsMs, endsMs, text } of segments) {
    const name = speaker ?? UNKNOWN_SPEAKER;
    const soFar = bySpeaker.get(name) ?? { milliseconds: 0, words: 0, turns: 0 };
    soFar.milliseconds += Math.max(0, endsMs - startsMs);
    soFar.words += text.split(" ").length;
    soFar.turns += 1;
    bySpeaker.set(name, soFar);
  }
  const total = [...bySpeaker.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [...bySpeaker]
    .map(([speaker, { milliseconds, words, turns }]) => ({
      speaker,
      seconds: Math.round(milliseconds / 1000),
      share: total === 0 ? 0 : Math.round((milliseconds / total) * 1000) / 1000,
      words,
      turns,
    }))
    .sort((a, b) => b.seconds - a.seconds || b.words - a.words || (a.speaker < b.speaker ? -1 : 1));
}
