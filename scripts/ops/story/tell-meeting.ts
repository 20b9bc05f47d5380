import { countOf, instantOf, type LedgerRow, textOf } from "./ledger.ts";
import { reasonWords } from "./phrases.ts";
import { restsOn, type Sentence } from "./sentence.ts";
import { triesWords } from "./tell-changes.ts";
import { lengthWords, numberWord, ordinal, several, type TimeTeller } from "./time-words.ts";

/** All rows of one recording, sorted by what they are. */
interface Recording {
  readonly row: LedgerRow | undefined;
  readonly startedAt: Date | null;
  readonly copied: LedgerRow | undefined;
  readonly starts: readonly LedgerRow[];
  readonly jobs: readonly LedgerRow[];
  readonly stored: LedgerRow | undefined;
  readonly transcript: LedgerRow | undefined;
  readonly stops: readonly LedgerRow[];
  readonly tries: readonly LedgerRow[];
  readonly asked: readonly LedgerRow[];
}

/** The booking's recordings in the order they were made. */
export function recordingsOf(rows: readonly LedgerRow[]): Recording[] {
  const ids = new Set(rows.flatMap(({ recordingId }) => recordingId ?? []));
  return [...ids]
    .map((id) => recordingOf(rows.filter(({ recordingId }) => recordingId === id)))
    .sort((a, b) => orderOf(a) - orderOf(b));
}

const orderOf = ({ startedAt, row, copied, starts }: Recording): number =>
  (startedAt ?? row?.at ?? copied?.at ?? starts[0]?.at)?.getTime() ?? Number.MAX_SAFE_INTEGER;

function recordingOf(rows: readonly LedgerRow[]): Recording {
  const named = (kind: LedgerRow["kind"], ...names: string[]): LedgerRow[] =>
    rows.filter((row) => row.kind === kind && names.includes(row.name));
  const row = rows.find(({ kind }) => kind === "recording");
  return {
    row,
    startedAt: row === undefined ? null : instantOf(row, "startedAt"),
    copied: named("effect", "recording.copy").at(-1),
    starts: named("effect", "speech.start"),
    jobs: rows.filter(({ kind }) => kind === "job"),
    stored: named("effect", "transcript.store").at(-1),
    transcript: rows.find(({ kind }) => kind === "transcript"),
    stops: named("change", "recording.failed", "recording.ignored", "recording.resumed", "recording.parked"),
    tries: named("change", "recording.retry"),
    asked: named("outbox", "recording.found", "transcription.finished"),
  };
}

const ordinalOf = (index: number, count: number): string => (count === 1 ? "it" : `the ${ordinal(index)}`);

/** How the meeting was captured: one sentence each, with what stood in the way. */
export function meetingSentences(recordings: readonly Recording[]): Sentence[] {
  const intro: Sentence[] =
    recordings.length < 2
      ? []
      : [
          {
            rests: restsOn(recordings.flatMap(rowsThatShow)),
            say: () => `the meeting was captured in ${numberWord(recordings.length)} recordings`,
          },
        ];
  return [...intro, ...recordings.flatMap((one, index) => captureSentences(one, ordinalOf(index, recordings.length)))];
}

/** The row itself, or the first thing that is known of it. */
function rowsThatShow({ row, copied, starts, stored, stops, asked, tries, jobs, transcript }: Recording): LedgerRow[] {
  return [row, copied, ...starts, stored, ...stops, ...asked, ...tries, ...jobs, transcript]
    .filter((one) => one !== undefined)
    .slice(0, 1);
}

function captureSentences(one: Recording, name: string): Sentence[] {
  const { row, copied, tries } = one;
  const subject = name === "it" ? "the meeting was recorded" : `${name} ran`;
  const head: Sentence[] =
    copied === undefined && (row === undefined || (one.startedAt === null && name !== "it"))
      ? []
      : [
          {
            rests: restsOn([row, copied, ...(copied === undefined ? [] : tries)].filter((kept) => kept !== undefined)),
            say: (teller) =>
              [ranWords(one, subject, teller), copiedWords(one, teller)].filter((text) => text !== "").join("; "),
          },
        ];
  const failing: Sentence[] =
    copied === undefined && tries.length > 0
      ? [{ rests: restsOn(tries), say: () => `${triesWords(tries)} to copy its audio` }]
      : [];
  return [...head, ...failing, ...one.stops.map((stop) => stopSentence(stop, name))];
}

function ranWords({ row, startedAt }: Recording, subject: string, teller: TimeTeller): string {
  if (startedAt === null) return subject.startsWith("the meeting") ? subject : "";
  return `${subject} ${teller.during(startedAt, row === undefined ? null : instantOf(row, "endedAt"))}`;
}

function copiedWords({ row, copied, tries }: Recording, teller: TimeTeller): string {
  if (copied === undefined) return "";
  const durationMs = countOf(copied, "durationMs") ?? (row === undefined ? null : countOf(row, "durationMs"));
  const when = teller.when(copied.at);
  const after = tries.length === 0 ? "" : `, after ${triesWords(tries)}`;
  return durationMs === null
    ? `its audio was copied ${when}${after}`
    : `its audio, ${lengthWords(durationMs)} of it, was copied ${when}${after}`;
}

const STOP_WORDS: Readonly<Record<string, string>> = {
  "recording.failed": "went no further",
  "recording.ignored": "was left alone",
  "recording.resumed": "was taken up again",
  "recording.parked": "had to wait for the consultant to connect Google",
};

function stopSentence(stop: LedgerRow, name: string): Sentence {
  const words = STOP_WORDS[stop.name] ?? "was changed";
  const reason = stop.name === "recording.resumed" ? null : reasonWords(stop);
  const subject = name === "it" ? "the recording" : `${name} recording`;
  return {
    rests: restsOn([stop]),
    say: (teller) => `${teller.when(stop.at)} ${subject} ${words}${reason === null ? "" : `: ${reason}`}`,
  };
}

/** What came of the recordings: transcripts, then insights. */
export function outcomeSentences(recordings: readonly Recording[], rows: readonly LedgerRow[]): Sentence[] {
  const transcripts = recordings.flatMap((one, index) => transcriptSentences(one, ordinalOf(index, recordings.length)));
  return [...transcripts, ...retrySentences(rows), ...insightSentences(rows)];
}

function transcriptSentences({ starts, jobs, stored, transcript }: Recording, name: string): Sentence[] {
  const subject = name === "it" ? "the audio" : name;
  const [asked] = starts.filter(({ outcome }) => !outcome?.startsWith("asked again"));
  const again = starts.length;
  const failed = jobs.filter(({ outcome }) => outcome === "failed");
  const done = stored ?? transcript;
  const given = (teller: TimeTeller): string =>
    asked === undefined
      ? ""
      : `${subject} was given to Speech-to-Text ${teller.when(asked.at)}${again > 1 ? ` (asked ${several(again, "time")})` : ""}`;
  const came = (teller: TimeTeller): string =>
    done === undefined ? "" : doneWords({ stored, transcript, done }, asked === undefined ? subject : null, teller);
  const rests = restsOn([...starts, stored, transcript].filter((row) => row !== undefined));
  const main: Sentence[] =
    asked === undefined && done === undefined ? [] : [{ rests, say: (teller) => joined(given(teller), came(teller)) }];
  return [...main, ...failed.map((job) => failedSentence(job, subject))];
}

const joined = (a: string, b: string): string => (a === "" || b === "" ? `${a}${b}` : `${a} and ${b}`);

const SPEAKER_WORDS: Readonly<Record<string, string>> = {
  named: " with the speakers' names",
  voices: " with voices told apart but not named",
  none: " without speakers",
};

function doneWords(
  { stored, transcript, done }: { stored: LedgerRow | undefined; transcript: LedgerRow | undefined; done: LedgerRow },
  subject: string | null,
  teller: TimeTeller,
): string {
  const words =
    (stored === undefined ? null : countOf(stored, "words")) ??
    (transcript === undefined ? null : countOf(transcript, "words"));
  const counted = words === null ? "a transcript" : `a transcript of ${words.toLocaleString("en-US")} words`;
  const speakers = transcript === undefined ? "" : (SPEAKER_WORDS[transcript.outcome ?? ""] ?? "");
  const when = teller.when(done.at);
  const came = subject === null ? `came back ${when}` : `${subject} came back from Speech-to-Text ${when}`;
  return `${came} as ${counted}${speakers}`;
}

function failedSentence(job: LedgerRow, subject: string): Sentence {
  const reason = reasonWords(job);
  return {
    rests: restsOn([job]),
    say: () => `Speech-to-Text could not transcribe ${subject}${reason === null ? "" : `: ${reason}`}`,
  };
}

function retrySentences(rows: readonly LedgerRow[]): Sentence[] {
  const tries = rows.filter(({ kind, name }) => kind === "change" && name === "analysis.retry");
  return tries.length === 0 ? [] : [{ rests: restsOn(tries), say: () => `the analysis took ${triesWords(tries)}` }];
}

function insightSentences(rows: readonly LedgerRow[]): Sentence[] {
  const read = rows.filter(({ kind, name }) => kind === "effect" && name === "language.annotate");
  const written = rows
    .filter((row) => row.kind === "change" && row.name === "booking.status" && row.detail["to"] === "analyzed")
    .at(-1);
  const last = read.at(-1);
  if (last === undefined) return [];
  const [first = last] = read;
  const isAnew = textOf(first, "key") !== textOf(last, "key");
  const say = (teller: TimeTeller): string => {
    const made = `the insights were made ${teller.when(first.at)}${isAnew ? "" : withoutWords(last)}`;
    return isAnew
      ? `${made}, and made anew ${teller.when(last.at)}, when the text had changed${withoutWords(last)}`
      : made;
  };
  return [{ rests: restsOn([...read, ...(written === undefined ? [] : [written])]), say }];
}

/** What Natural Language did not give, with the reason it was noted under. */
const withoutWords = ({ outcome }: LedgerRow): string =>
  outcome === "analyzed" ? "" : ` (without feelings and names of things: ${(outcome ?? "").replaceAll("_", " ")})`;
