import type { Delivery } from "#contracts/delivery.ts";
import { type MeetingPeople, NOBODY } from "#domain/meeting-people.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { AnalyzedRecording } from "#ports/analysis-store.ts";
import type { MeetingArtifacts, MeetParticipant, MeetTranscriptEntry } from "#ports/meeting-artifacts.ts";
import { outOfPatience } from "./stops.ts";

export type PeopleLookup = (request: {
  readonly recording: AnalyzedRecording;
  readonly delivery: Delivery;
}) => Promise<MeetingPeople>;

/** After so many deliveries a transcript without names is better than none: a third of the topology's attempts. */
const PATIENCE_ATTEMPTS = 10;

/**
 * Reads participants and transcript entries with the room owner's token. Where Meet will not answer (no scope, record
 * expired, access revoked) there are no names and a reason; a passing trouble is thrown until patience runs out.
 */
export function makePeopleLookup(meetings: Pick<MeetingArtifacts, "participants" | "transcriptEntries">): PeopleLookup {
  return async ({ recording, delivery }) => {
    const { userId, conferenceRecord } = recording;
    try {
      const participants = await meetings.participants(userId, conferenceRecord);
      const entries = await meetings.transcriptEntries(userId, conferenceRecord);
      return onRecordingClock({ participants, entries, startedAt: recording.startedAt });
    } catch (error) {
      if (!(error instanceof PermanentError || error instanceof RetryableError)) throw error;
      if (error instanceof RetryableError && !outOfPatience(delivery.attempt, PATIENCE_ATTEMPTS)) throw error;
      return { ...NOBODY, reason: `Speakers are not named because Meet could not be asked: ${error.message}` };
    }
  };
}

interface MeetingNotes {
  readonly participants: readonly MeetParticipant[];
  readonly entries: readonly MeetTranscriptEntry[];
  readonly startedAt: Date | null;
}

function onRecordingClock({ participants, entries, startedAt }: MeetingNotes): MeetingPeople {
  // Without a start the entries' own beginning serves; the words they share with the recording then set the clock.
  const zero = (startedAt ?? entries[0]?.startsAt ?? new Date(0)).getTime();
  return {
    names: new Map(participants.map(({ name, displayName }) => [name, displayName])),
    entries: entries.map((entry) => ({
      participant: entry.participantName,
      text: entry.text,
      startsMs: entry.startsAt.getTime() - zero,
      endsMs: Math.max(entry.endsAt.getTime(), entry.startsAt.getTime()) - zero,
    })),
    presences:
      startedAt === null
        ? []
        : participants.flatMap(({ name, sessions }) =>
            sessions.map((session) => ({
              participant: name,
              startsMs: session.startsAt.getTime() - zero,
              endsMs: session.endsAt === null ? Number.POSITIVE_INFINITY : session.endsAt.getTime() - zero,
            })),
          ),
    reason: null,
  };
}
