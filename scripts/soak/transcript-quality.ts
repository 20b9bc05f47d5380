import type { MeetingScript } from "../demo/meeting-file.ts";

/** Words as both sides count them: what stands between white space. */
const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** Lines of `meeting_transcript` as speaker and words; a speaker's name may itself contain a colon. */
function linesOf(transcript: string, speakers: ReadonlySet<string>): { speaker: string; words: string[] }[] {
  return transcript.split("\n").map((line) => {
    const known = [...speakers].find((name) => line.startsWith(`${name}: `));
    const speaker = known ?? line.slice(0, Math.max(0, line.indexOf(": ")));
    return { speaker, words: wordsOf(line.slice(speaker.length + 2)) };
  });
}

/** The pairs of equal words of a longest common subsequence, as indexes into both lists (Myers' O(ND) difference). */
function commonWords(left: readonly string[], right: readonly string[]): [number, number][] {
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= left.length + right.length; edits += 1) {
    trace.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(reach, diagonal, edits);
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x += 1;
      reach.set(diagonal, x);
      if (x >= left.length && x - diagonal >= right.length) return backtrack(trace, left.length, right.length);
    }
    reach = new Map(reach);
  }
  return [];
}

/** Furthest x on a diagonal before its run of equal words: from above (an insertion) or from the left (a deletion). */
function startOf(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const above = reach.get(diagonal + 1) ?? -1;
  const left = reach.get(diagonal - 1) ?? -1;
  return diagonal === -edits || (diagonal !== edits && left < above) ? above : left + 1;
}

function backtrack(trace: readonly Map<number, number>[], endX: number, endY: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [endX, endY];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const start = startOf(reach, diagonal, edits);
    while (x > start && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    if (edits === 0) break;
    const down =
      diagonal === -edits || (diagonal !== edits && (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1));
    [x, y] = down ? [start, start - diagonal - 1] : [start - 1, start - diagonal];
  }
  return pairs.reverse();
}

interface Comparison {
  readonly spoken: readonly { readonly word: string; readonly turn: number }[];
  readonly written: readonly { readonly word: string; readonly speaker: string }[];
  readonly pairs: readonly (readonly [number, number])[];
}

function compare({ meeting_transcripts: turns }: MeetingScript, transcript: string): Comparison {
  const speakers = new Set(turns.map(({ speaker }) => speaker));
  const spoken = turns.flatMap(({ content }, turn) => wordsOf(content).map((word) => ({ word, turn })));
  const written = linesOf(transcript, speakers).flatMap(({ speaker, words }) =>
    words.map((word) => ({ word, speaker })),
  );
  const pairs = commonWords(
    spoken.map(({ word }) => word),
    written.map(({ word }) => word),
  );
  return { spoken, written, pairs };
}

/** Share of the spoken words that stand in the transcript, in order. */
export function heardShare(script: MeetingScript, transcript: string): number {
  const { spoken, pairs } = compare(script, transcript);
  return spoken.length === 0 ? 1 : pairs.length / spoken.length;
}

/** Share of the turns with at least one word whose words mostly stand under the speaker who said them. */
export function rightSpeakerShare(script: MeetingScript, transcript: string): number {
  const { spoken, written, pairs } = compare(script, transcript);
  const turns = new Map<number, { words: number; right: number }>();
  for (const { turn } of spoken) {
    const seen = turns.get(turn) ?? { words: 0, right: 0 };
    turns.set(turn, { ...seen, words: seen.words + 1 });
  }
  for (const [from, to] of pairs) {
    const turn = spoken[from]?.turn ?? -1;
    const seen = turns.get(turn);
    const right = written[to]?.speaker === script.meeting_transcripts[turn]?.speaker;
    if (seen !== undefined && right) turns.set(turn, { ...seen, right: seen.right + 1 });
  }
  const right = [...turns.values()].filter((turn) => turn.right * 2 > turn.words).length;
  return turns.size === 0 ? 1 : right / turns.size;
}
