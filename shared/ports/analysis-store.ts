import type { Insights } from "#domain/insights.ts";
import type { TranscriptSegment } from "#domain/transcript.ts";
import type { Subject } from "#kernel/trace.ts";

/** A held lease on a booking's analysis; `fencing` rises with every holder and guards every write. */
export interface AnalysisLease {
  readonly bookingId: string;
  readonly fencing: number;
}

/** How far names could be given: by Meet's entries, by voice labels only, or not at all. */
export const speakerKnowledge = ["named", "voices", "none"] as const;
export type SpeakerKnowledge = (typeof speakerKnowledge)[number];

export interface AnalyzedRecording {
  readonly id: string;
  /** `conferenceRecords/C`. */
  readonly conferenceRecord: string;
  /** Whose token reads the meeting. */
  readonly userId: string;
  /** Null when Meet gave no start. */
  readonly startedAt: Date | null;
  readonly audioStartsAfterMs: number;
  /** Numbers of the paid transcription jobs, one result each. */
  readonly chunks: readonly number[];
  /** What is stored already. */
  readonly transcript: { readonly sources: string; readonly speakers: SpeakerKnowledge } | null;
}

export interface AnalysisSnapshot {
  readonly bookingId: string;
  /** SHA-256 of the row's transcript, and of the text its insights are about; null where there is none. */
  readonly transcriptHash: string | null;
  readonly insightsHash: string | null;
  readonly recordings: readonly AnalyzedRecording[];
}

export interface NewTranscript {
  /** Names and generations of the result objects. */
  readonly sources: string;
  /** The newest of the generations, as Cloud Storage writes it (decimal digits of a 64-bit number). */
  readonly generation: string;
  readonly languageCode: string | null;
  readonly words: number;
  readonly speakers: SpeakerKnowledge;
  readonly speakersReason: string | null;
  readonly segments: readonly TranscriptSegment[];
}

export interface StoredTranscript {
  readonly recordingId: string;
  readonly startedAt: Date | null;
  readonly languageCode: string | null;
  readonly words: number;
  readonly speakers: SpeakerKnowledge;
  readonly speakersReason: string | null;
  readonly segments: readonly TranscriptSegment[];
}

/** Thrown nowhere: every write says whether it happened, and a lost lease writes nothing. */
export interface AnalysisStore {
  begin(
    recordingId: string,
    holder: string,
  ): Promise<
    (
      | { readonly kind: "leased"; readonly lease: AnalysisLease; readonly snapshot: AnalysisSnapshot }
      /** Another delivery holds the booking and will take this recording up before it leaves. */
      | { readonly kind: "busy" }
      /** This very delivery holds it: its first run died or still runs. */
      | { readonly kind: "redelivered" }
      | { readonly kind: "unknown" }
      /** Nothing may be written: no booking, or one that was cancelled. */
      | { readonly kind: "unwanted"; readonly reason: string }
    ) & { readonly subject: Subject }
  >;
  /** Keeps a long analysis's lease alive; false when it is lost or the booking is no longer wanted. */
  renew(lease: AnalysisLease): Promise<boolean>;
  /** Replaces a recording's transcript and turns at once. */
  storeTranscript(
    lease: AnalysisLease,
    recordingId: string,
    transcript: NewTranscript,
  ): Promise<{ readonly kind: "stored" | "older" | "fenced" }>;
  /** All stored transcripts of the booking, recordings in the order they began. */
  readTranscripts(bookingId: string): Promise<readonly StoredTranscript[]>;
  /** Puts the merged text on the row; false when the lease is lost. */
  writeTranscript(lease: AnalysisLease, text: string): Promise<boolean>;
  /** Puts insights on the row if they are about the text that is on it. */
  writeInsights(lease: AnalysisLease, insights: Insights): Promise<{ readonly kind: "written" | "stale" | "fenced" }>;
  /** Row and recording say why it cannot go on; false when the lease is lost. */
  fail(lease: AnalysisLease, recordingId: string, reason: string): Promise<boolean>;
  /**
   * Ends the work; or names the recordings whose messages came meanwhile, with what is stored by now: then the lease
   * stays with the caller.
   */
  leave(
    lease: AnalysisLease,
  ): Promise<{ readonly waiting: readonly string[]; readonly snapshot: AnalysisSnapshot } | null>;
  /** Hands the lease back after a failure; `trouble` says what the next try meets with. */
  release(lease: AnalysisLease, trouble: string): Promise<void>;
}
