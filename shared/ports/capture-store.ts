import type { RecordingState } from "#domain/recording.ts";
import type { Subject } from "#kernel/trace.ts";
import type { Effect } from "#ports/effect-log.ts";

/** A held lease; `fencing` rises with every holder and guards every write. */
export interface CaptureLease {
  readonly recordingId: string;
  readonly fencing: number;
}

/** What the object must turn out to be, noted before its last byte is sent. */
export interface SealedAudio {
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly packets: number;
  readonly durationMs: number;
  readonly startsAfterMs: number;
}

/** A recording as its capture finds it. */
export interface RecordingSnapshot {
  readonly id: string;
  readonly recordingName: string;
  readonly conferenceRecord: string;
  /** Null before it was matched. */
  readonly bookingId: string | null;
  /** Whose token reads it. */
  readonly userId: string;
  readonly state: RecordingState;
  readonly driveFileId: string | null;
  readonly objectName: string | null;
  readonly durationMs: number | null;
  readonly upload: { readonly sessionUri: string; readonly sourceMd5: string } | null;
  readonly sealed: SealedAudio | null;
  /** BCP 47, from the booking's or the service's meeting settings. */
  readonly language: string | null;
}

export interface TranscriptionJob {
  readonly chunk: number;
  readonly state: "planned" | "starting" | "running" | "succeeded" | "failed";
  readonly model: string;
  readonly languageCode: string;
  readonly audioUri: string;
  readonly outputPrefix: string;
  /** How often Speech was asked. */
  readonly starts: number;
}

export type NewTranscriptionJob = Omit<TranscriptionJob, "state" | "starts">;

/** Writes answer false, or null, when the lease is lost: somebody else goes on, or the booking is gone. */
export interface CaptureStore {
  userOfSubscription(subscription: string): Promise<string | null>;
  /** Google said that a subscription ends or rests: keep-watch looks at it. */
  recheckSubscription(subscription: string): Promise<boolean>;
  begin(
    recordingName: string,
    options: { readonly userId: string; readonly holder: string; readonly leaseSeconds: number },
  ): Promise<
    (
      | { readonly kind: "leased"; readonly lease: CaptureLease; readonly recording: RecordingSnapshot }
      | { readonly kind: "busy" }
      | { readonly kind: "redelivered" }
      | { readonly kind: "settled"; readonly state: RecordingState }
    ) & { readonly subject: Subject }
  >;
  match(
    lease: CaptureLease,
    found: {
      readonly spaceName: string;
      readonly driveFileId: string;
      readonly exportUri: string | null;
      readonly startsAt: Date;
      readonly endsAt: Date | null;
    },
  ): Promise<RecordingSnapshot | null>;
  /** `unwanted`: the booking was cancelled meanwhile, and the recording says so. */
  renew(lease: CaptureLease, leaseSeconds: number): Promise<"held" | "lost" | "unwanted">;
  noteUpload(
    lease: CaptureLease,
    upload: {
      readonly sessionUri: string | null;
      readonly source: { readonly sizeBytes: number; readonly md5: string; readonly revisionId: string };
    },
  ): Promise<boolean>;
  seal(lease: CaptureLease, sealed: SealedAudio): Promise<boolean>;
  finishCopy(
    lease: CaptureLease,
    copy: {
      readonly object: { readonly name: string; readonly generation: string };
      readonly keepDays: number;
      readonly effect: Effect;
    },
  ): Promise<boolean>;
  planTranscription(
    lease: CaptureLease,
    jobs: readonly NewTranscriptionJob[],
  ): Promise<readonly TranscriptionJob[] | null>;
  /** True once: Speech may be asked now. */
  claimStart(lease: CaptureLease, job: TranscriptionJob): Promise<boolean>;
  /** A fact, so it is written whoever holds the lease. */
  noteStarted(
    job: { readonly recordingId: string; readonly chunk: number; readonly operationName: string },
    effect: Effect,
  ): Promise<void>;
  fail(lease: CaptureLease, reason: string): Promise<boolean>;
  park(lease: CaptureLease, reason: string): Promise<boolean>;
  /** Hands the lease back after a failure; `reason` says what the next try meets with. */
  release(lease: CaptureLease, reason: string): Promise<void>;
}

export interface RunningTranscription {
  readonly recordingId: string;
  readonly chunk: number;
  readonly operationName: string;
  /** It was started longer ago than the deadline allows. */
  readonly isLate: boolean;
}

/** What keep-watch does for recordings. */
export interface CaptureWatchStore {
  claimRunningTranscriptions(options: {
    readonly overdueSeconds: number;
    readonly deadlineSeconds: number;
    readonly limit: number;
  }): Promise<readonly RunningTranscription[]>;
  /** Null reason: it succeeded, analyze-transcript hears of it; else the recording fails with it. */
  settleTranscription(recordingId: string, chunk: number, reason: string | null): Promise<void>;
  requeueStuck(options: {
    readonly overdueSeconds: number;
    readonly limit: number;
    readonly maxRequeues: number;
  }): Promise<number>;
  /** Bookings with a stored transcript and no insights that nobody works on. */
  requeueStuckAnalyses(options: {
    readonly overdueSeconds: number;
    readonly limit: number;
    readonly maxRequeues: number;
  }): Promise<number>;
  claimSearches(options: {
    readonly overdueSeconds: number;
    readonly giveUpSeconds: number;
    readonly limit: number;
  }): Promise<readonly { readonly bookingId: string; readonly userId: string; readonly spaceName: string }[]>;
  /** How many of these recordings nobody had told us about. */
  announceRecordings(bookingId: string, userId: string, recordingNames: readonly string[]): Promise<number>;
}
