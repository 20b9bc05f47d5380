/** What Meet keeps of a held meeting, read with the token of the consultant who owns the room. */

/** `FILE_GENERATED` is the only state in which there is a file to read. */
export type MeetRecordingState = "STARTED" | "ENDED" | "FILE_GENERATED";

export interface MeetRecording {
  /** `conferenceRecords/C/recordings/R`. */
  readonly name: string;
  readonly state: MeetRecordingState;
  /** The MP4 in the organizer's Drive; null before the file exists. */
  readonly driveFileId: string | null;
  /** Link for a browser, asks for the viewer's own rights. */
  readonly exportUri: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

export interface ConferenceRecord {
  /** `conferenceRecords/C`. */
  readonly name: string;
  /** `spaces/S`. */
  readonly spaceName: string;
  readonly startsAt: Date;
  /** Null while people are still in the room. */
  readonly endsAt: Date | null;
}

export interface MeetParticipant {
  /** `conferenceRecords/C/participants/P`. */
  readonly name: string;
  readonly displayName: string;
  readonly kind: "signed_in" | "anonymous" | "phone";
  /** Google's numeric user id, the `sub` of their tokens; null unless signed in. */
  readonly googleUserId: string | null;
  /** Each stay in the room, oldest first. */
  readonly sessions: readonly { readonly startsAt: Date; readonly endsAt: Date | null }[];
}

export interface MeetTranscriptEntry {
  /** `conferenceRecords/C/participants/P`. */
  readonly participantName: string;
  readonly text: string;
  /** BCP 47. */
  readonly languageCode: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * Lists are read to their last page. Names are resource names as Meet gives them.
 * Throws verdicts: `NeedsReconnectError`, `PermanentError` (`meet_not_found`, `meet_forbidden` …), `RetryableError`.
 */
export interface MeetingArtifacts {
  recording(userId: string, recordingName: string): Promise<MeetRecording>;
  /** All recordings of one conference, oldest first. */
  recordings(userId: string, conferenceRecord: string): Promise<readonly MeetRecording[]>;
  conference(userId: string, conferenceRecord: string): Promise<ConferenceRecord>;
  /** All conferences held in one space, newest first; Meet forgets them after 30 days. */
  conferencesIn(userId: string, spaceName: string): Promise<readonly ConferenceRecord[]>;
  participants(userId: string, conferenceRecord: string): Promise<readonly MeetParticipant[]>;
  /** The entries of all transcripts of the conference, in time order; empty when none was made. */
  transcriptEntries(userId: string, conferenceRecord: string): Promise<readonly MeetTranscriptEntry[]>;
}
