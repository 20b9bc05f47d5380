import { planTranscription } from "#domain/transcription-plan.ts";

/** What is known of a recording that somebody wants tried again. */
export interface StandingRecording {
  readonly id: string;
  readonly name: string;
  readonly bookingId: string | null;
  readonly bookingStatus: string | null;
  readonly pipelineStatus: string | null;
  readonly state: string;
  /** Why it failed, as the row says it. */
  readonly reason: string | null;
  /** What its analysis met with last. */
  readonly trouble: string | null;
  readonly durationMs: number | null;
  readonly language: string | null;
  /** Words of its stored transcript; null when there is none. */
  readonly words: number | null;
  /** State of its consultant's Google connection; `missing` when there is none. */
  readonly connection: string;
  /** Whether our bucket still holds its audio, and what Speech wrote. */
  readonly hasAudio: boolean;
  readonly hasResults: boolean;
  /** Its transcript is stored, and keep-watch has given its booking up. */
  readonly isGivenUp: boolean;
  /** Its work is announced and waits for the relay. */
  readonly isWaiting: boolean;
}

export type RevivalStep = "copy" | "transcribe" | "analyze";

export type RevivalVerdict =
  | { readonly kind: "revive"; readonly step: RevivalStep }
  | { readonly kind: "refuse"; readonly reason: string }
  /** Nothing is to be done: it is announced already, or not standing still. */
  | { readonly kind: "leave"; readonly reason: string };

/** What the row says when its file is not to be had again, whoever asks (shared/google/drive.ts, shared/media). */
export const SOURCE_GONE: readonly RegExp[] = [
  /is no longer in the organizer's Drive/,
  /has flagged the recording as harmful/,
];

const WANTED: ReadonlySet<string | null> = new Set([null, "confirmed", "completed"]);

/**
 * Where a recording that stands still goes on: at the latest step whose input is still there. Refused is what would
 * only fail again.
 */
export function judgeRecording(recording: StandingRecording): RevivalVerdict {
  const { bookingStatus, state, isWaiting, isGivenUp, words } = recording;
  if (isWaiting) return { kind: "leave", reason: "its work is announced already" };
  if (!WANTED.has(bookingStatus)) return refuse(`its booking is ${bookingStatus}, so the recording is left alone`);
  if (isGivenUp) return { kind: "revive", step: "analyze" };
  if (state !== "failed") return { kind: "leave", reason: `it does not stand still: it is ${state}` };
  if (words === 0) return refuse("nobody can be heard in it: there are no words to make a transcript of");
  return fromStep(recording);
}

function fromStep(recording: StandingRecording): RevivalVerdict {
  const { hasResults, hasAudio, durationMs, language, reason, connection } = recording;
  if (hasResults) return { kind: "revive", step: "analyze" };
  const plan = planTranscription({ durationMs: durationMs ?? 0, language, residency: "us" });
  if (plan.kind === "refused") return refuse(withoutStop(plan.reason));
  if (hasAudio) return { kind: "revive", step: "transcribe" };
  if (SOURCE_GONE.some((pattern) => pattern.test(reason ?? ""))) return refuse(withoutStop(reason ?? ""));
  if (connection !== "connected")
    return refuse("the consultant has to connect Google first: it is read with their access");
  return { kind: "revive", step: "copy" };
}

const refuse = (reason: string): RevivalVerdict => ({ kind: "refuse", reason });
const withoutStop = (text: string): string => text.replace(/\.$/, "");

const STEP_WORDS: Readonly<Record<RevivalStep, string>> = {
  copy: "is copied from Drive again, and transcribed (Speech is paid again if it was asked before)",
  transcribe: "is given to Speech again (paid again if it was asked before)",
  analyze: "has its results read again; nothing of Speech is paid",
};

export function describeRevival(verdict: RevivalVerdict): string {
  switch (verdict.kind) {
    case "revive":
      return STEP_WORDS[verdict.step];
    case "refuse":
      return `cannot be helped: ${verdict.reason}`;
    case "leave":
      return verdict.reason;
  }
}
