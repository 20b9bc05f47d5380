/** A meeting to be held, as `hold` receives it. */
export interface MeetingScript {
  readonly meeting_transcripts: readonly { readonly speaker: string; readonly content: string }[];
}

export interface SpokenWord {
  readonly word: string;
  readonly startsMs: number;
  readonly endsMs: number;
}

export interface SpokenTurn {
  readonly speaker: string;
  readonly words: readonly SpokenWord[];
}

const LEAD_IN_MS = 1_500;
const WORD_MS = 250;
const LETTER_MS = 30;
const LONGEST_COUNTED_LETTERS = 10;
const TURN_GAP_MS = 180;
/** The room stays open for a moment after the last word. */
const LEAD_OUT_MS = 2_000;

/** Lays a script on a time line, word after word. Everything between white space is a word. */
export function speakScript(script: MeetingScript): { turns: SpokenTurn[]; durationMs: number } {
  let at = LEAD_IN_MS;
  const turns = script.meeting_transcripts.map(({ speaker, content }) => {
    const words = content
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => {
        const startsMs = at;
        at += WORD_MS + LETTER_MS * Math.min(word.length, LONGEST_COUNTED_LETTERS);
        return { word, startsMs, endsMs: at };
      });
    at += TURN_GAP_MS;
    return { speaker, words };
  });
  return { turns: turns.filter(({ words }) => words.length > 0), durationMs: at + LEAD_OUT_MS };
}
