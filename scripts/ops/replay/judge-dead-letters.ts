import type { Supabase } from "#supabase/client.ts";
import { answered } from "../operator-database.ts";
import { describeVerdict, judgeBookings } from "../queue-bookings.ts";
import { type DeadLetter, type Subject, subjectOf } from "./dead-letter.ts";
import { describeRevival, judgeRecording, type RevivalStep, type StandingRecording } from "./judge-recording.ts";
import { readStandingRecordings } from "./standing-recordings.ts";

/** What is to be done about one dead letter. */
export type Deed =
  | { readonly kind: "queue_booking"; readonly bookingId: string }
  | { readonly kind: "revive_recording"; readonly id: string; readonly step: RevivalStep }
  | { readonly kind: "announce_recording"; readonly id: string; readonly step: "copy" | "analyze" }
  | { readonly kind: "publish" }
  /** What it asks for is done or announced already: it is acknowledged. */
  | { readonly kind: "settled" }
  /** It stays, for a person to look at. */
  | { readonly kind: "keep" };

export interface JudgedLetter {
  readonly letter: DeadLetter;
  readonly subject: Subject;
  readonly deed: Deed;
  /** What becomes of it, for a person. */
  readonly words: string;
  /** Why it could not be worked on, where a row says it. */
  readonly cause: string | null;
}

type Judgement = Pick<JudgedLetter, "deed" | "words" | "cause">;

/** Decides for a batch what each letter is about and what is to be done; nothing is changed. */
export async function judgeLetters(supabase: Supabase, letters: readonly DeadLetter[]): Promise<JudgedLetter[]> {
  const read = letters.map((letter) => ({ letter, subject: subjectOf(letter) }));
  const [bookings, recordings] = await Promise.all([
    judgeBookingsOf(
      supabase,
      read.flatMap(({ subject }) => (subject.kind === "booking" ? [subject.bookingId] : [])),
    ),
    recordingsOf(
      supabase,
      read.map(({ subject }) => subject),
    ),
  ]);
  return read.map(({ letter, subject }) => ({ letter, subject, ...judgementOf(subject, { bookings, recordings }) }));
}

interface Known {
  readonly bookings: ReadonlyMap<string, Judgement>;
  /** By id and by Meet's name. */
  readonly recordings: ReadonlyMap<string, StandingRecording>;
}

function judgementOf(subject: Subject, { bookings, recordings }: Known): Judgement {
  switch (subject.kind) {
    case "booking":
      return bookings.get(subject.bookingId) ?? keep("there is no such booking");
    case "recording":
      return ofRecording(recordings.get(subject.recordingName), "copy");
    case "transcription":
      return ofRecording(recordings.get(subject.recordingId), "analyze");
    case "event":
      return { deed: { kind: "publish" }, words: "is published to its topic again", cause: null };
    case "unreadable":
      return keep(subject.reason);
  }
}

const keep = (why: string, cause: string | null = null): Judgement => ({
  deed: { kind: "keep" },
  words: `stays: ${why}`,
  cause,
});
const settled = (why: string): Judgement => ({ deed: { kind: "settled" }, words: `is done with: ${why}`, cause: null });

async function judgeBookingsOf(supabase: Supabase, all: readonly string[]): Promise<Map<string, Judgement>> {
  const ids = [...new Set(all)];
  if (ids.length === 0) return new Map();
  const [verdicts, deleted, reasons] = await Promise.all([
    judgeBookings(supabase, ids),
    supabase.rpc("settled_deletions", { p_booking_ids: ids }).then(answered),
    supabase.rpc("read_booking_reasons", { p_booking_ids: ids }).then(answered),
  ]);
  const gone = new Set(deleted ?? []);
  const causes = new Map((reasons ?? []).map((row) => [row.booking_id, row.reason]));
  return new Map(
    verdicts.map(({ id, verdict }) => [id, ofBooking({ id, verdict, isGone: gone.has(id) }, causes.get(id) ?? null)]),
  );
}

function ofBooking(
  { id, verdict, isGone }: { readonly id: string; readonly verdict: string; readonly isGone: boolean },
  cause: string | null,
): Judgement {
  if (verdict === "queue")
    return { deed: { kind: "queue_booking", bookingId: id }, words: describeVerdict(verdict), cause };
  if (verdict === "waiting") return settled("it is announced already");
  if (isGone) return settled("the booking was deleted, and its events are dealt with");
  return keep(describeVerdict(verdict), cause);
}

async function recordingsOf(supabase: Supabase, subjects: readonly Subject[]): Promise<Map<string, StandingRecording>> {
  const names = subjects.flatMap((subject) => (subject.kind === "recording" ? [subject.recordingName] : []));
  const ids = subjects.flatMap((subject) => (subject.kind === "transcription" ? [subject.recordingId] : []));
  if (names.length + ids.length === 0) return new Map();
  const found = await readStandingRecordings(supabase, { ids, names });
  return new Map(found.flatMap((one) => [[one.id, one] as const, [one.name, one] as const]));
}

/** Of a recording that stands still the replay is a revival; one that is on its way is announced once more. */
function ofRecording(recording: StandingRecording | undefined, step: "copy" | "analyze"): Judgement {
  if (recording === undefined) return keep("there is no such recording");
  const cause = recording.reason ?? recording.trouble;
  const verdict = judgeRecording(recording);
  if (verdict.kind === "revive") {
    return {
      deed: { kind: "revive_recording", id: recording.id, step: verdict.step },
      words: describeRevival(verdict),
      cause,
    };
  }
  if (verdict.kind === "refuse") return keep(verdict.reason, cause);
  if (recording.isWaiting) return settled(verdict.reason);
  if (recording.state === "ignored" || isPast(recording, step)) return settled(`the recording is ${recording.state}`);
  return { deed: { kind: "announce_recording", id: recording.id, step }, words: "is announced again", cause };
}

function isPast({ state, pipelineStatus }: StandingRecording, step: "copy" | "analyze"): boolean {
  if (step === "copy") return state === "transcribing" || state === "transcribed";
  return state === "transcribed" && pipelineStatus === "analyzed";
}
