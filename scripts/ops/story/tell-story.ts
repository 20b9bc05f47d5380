import { type BookingLedger, type LedgerRow, orderedRows, withoutAddresses } from "./ledger.ts";
import { type Chapter, phraseOf } from "./phrases.ts";
import { asSentence, type Paragraph, type RowReference, type Sentence } from "./sentence.ts";
import { turnSentence } from "./tell-changes.ts";
import { meetingSentences, outcomeSentences, recordingsOf } from "./tell-meeting.ts";
import { nowSentences } from "./tell-now.ts";
import { knownZone, makeTimeTeller } from "./time-words.ts";
import { turnsOf } from "./turns.ts";

/** A booking's story, ready to be read. */
export interface Story {
  readonly bookingId: string;
  /** The zone all its times are in. */
  readonly timeZone: string;
  readonly paragraphs: readonly {
    readonly about: Chapter;
    readonly sentences: readonly { readonly text: string; readonly rows: readonly RowReference[] }[];
  }[];
}

/**
 * What is kept about a booking, told in paragraphs. The order in which rows were read and rows that were read twice
 * make no difference; a row that is missing is not told, and where the booking stands now is never guessed from rows.
 */
export function tellStory(answer: BookingLedger, options: { readonly utc?: boolean } = {}): Story {
  const ledger = { ...answer, rows: orderedRows(answer.rows) };
  const timeZone = options.utc === true ? "UTC" : knownZone(ledger.booking?.timeZone ?? zoneOf(ledger.rows) ?? "UTC");
  const teller = makeTimeTeller(timeZone);
  const paragraphs = paragraphsOf(ledger).map(({ chapter, sentences }) => ({
    about: chapter,
    sentences: sentences.map(({ rests, say }) => ({ text: asSentence(withoutAddresses(say(teller))), rows: rests })),
  }));
  return { bookingId: ledger.bookingId, timeZone, paragraphs };
}

/** The zone of a booking that is gone, as its last change noted it. */
function zoneOf(rows: readonly LedgerRow[]): string | null {
  for (const { detail } of rows.toReversed()) {
    const zone = (detail["from"] as Readonly<Record<string, unknown>> | null | undefined)?.["timeZone"];
    if (typeof zone === "string") return zone;
  }
  return null;
}

function paragraphsOf(ledger: BookingLedger): Paragraph[] {
  const { rows } = ledger;
  const ofMeeting = new Set(rows.filter((row) => phraseOf(row).tells === "meeting"));
  const recordings = recordingsOf(rows.filter((row) => ofMeeting.has(row)));
  const meeting = meetingSentences(recordings);
  const firstShown = Math.min(...recordings.flatMap(({ copied, row }) => (copied ?? row)?.at.getTime() ?? []));
  const turns = turnsOf(
    rows.filter((row) => !ofMeeting.has(row)),
    ledger,
  );
  const early = turns.filter((turn) => startOf(turn) < firstShown);
  const late = turns.filter((turn) => !early.includes(turn));
  const grouped = (some: typeof turns): Paragraph[] =>
    inParagraphs(some.map((turn) => ({ chapter: turn.chapter, sentence: turnSentence(turn, ledger) })));
  const told: Paragraph[] = [
    ...grouped(early),
    { chapter: "meeting", sentences: meeting },
    { chapter: "outcome", sentences: outcomeSentences(recordings, rows) },
    ...grouped(late),
    { chapter: "now", sentences: nowSentences(ledger) },
  ];
  return told.filter(({ sentences }) => sentences.length > 0);
}

const startOf = ({ causes, results, tries }: ReturnType<typeof turnsOf>[number]): number =>
  (causes[0] ?? results[0]?.row ?? tries[0])?.at.getTime() ?? 0;

/** Neighbours of one chapter are one paragraph. */
function inParagraphs(told: readonly { readonly chapter: Chapter; readonly sentence: Sentence | null }[]): Paragraph[] {
  const paragraphs: { chapter: Chapter; sentences: Sentence[] }[] = [];
  for (const { chapter, sentence } of told) {
    if (sentence === null) continue;
    const last = paragraphs.at(-1);
    if (last?.chapter === chapter) last.sentences.push(sentence);
    else paragraphs.push({ chapter, sentences: [sentence] });
  }
  return paragraphs;
}
