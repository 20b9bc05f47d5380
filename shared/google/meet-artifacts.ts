import {
  meetConference,
  meetParticipant,
  meetRecording,
  meetSession,
  meetTranscript,
  meetTranscriptEntry,
} from "#contracts/meet-resources.ts";
import { parseAnswer } from "#google/answer.ts";
import type { MeetCalls } from "#google/meet-calls.ts";
import type { MeetingArtifacts, MeetParticipant } from "#ports/meeting-artifacts.ts";

/** Google's maximum page sizes; the defaults of 10 to 100 cost up to ten times the calls. */
const PAGE_SIZE = { conferences: 100, recordings: 100, people: 250, transcripts: 100 } as const;

/** Recordings, people and transcripts of held meetings, over Meet REST v2. */
export function makeMeetArtifacts(calls: MeetCalls): MeetingArtifacts {
  return {
    recording: async (userId, name) => {
      const answer = await calls.one(userId, (meet, options) =>
        meet.conferenceRecords.recordings.get({ name }, options),
      );
      return parseAnswer("Meet", meetRecording, answer);
    },
    recordings: (userId, parent) =>
      calls.list(userId, meetRecording, {
        send: (page) => (meet, options) =>
          meet.conferenceRecords.recordings.list({ parent, pageSize: PAGE_SIZE.recordings, ...page }, options),
        read: (answer) => ({ items: answer.recordings, nextPageToken: answer.nextPageToken }),
      }),
    conference: async (userId, name) => {
      const answer = await calls.one(userId, (meet, options) => meet.conferenceRecords.get({ name }, options));
      return parseAnswer("Meet", meetConference, answer);
    },
    conferencesIn: (userId, spaceName) =>
      calls.list(userId, meetConference, {
        send: (page) => (meet, options) =>
          meet.conferenceRecords.list(
            { filter: `space.name = "${spaceName}"`, pageSize: PAGE_SIZE.conferences, ...page },
            options,
          ),
        read: (answer) => ({ items: answer.conferenceRecords, nextPageToken: answer.nextPageToken }),
      }),
    participants: (userId, conferenceRecord) => readParticipants(calls, userId, conferenceRecord),
    transcriptEntries: async (userId, conferenceRecord) => {
      const transcripts = await calls.list(userId, meetTranscript, {
        send: (page) => (meet, options) =>
          meet.conferenceRecords.transcripts.list(
            { parent: conferenceRecord, pageSize: PAGE_SIZE.transcripts, ...page },
            options,
          ),
        read: (answer) => ({ items: answer.transcripts, nextPageToken: answer.nextPageToken }),
      });
      const entries = [];
      for (const transcript of transcripts) entries.push(...(await readEntries(calls, userId, transcript.name)));
      return entries.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
    },
  };
}

async function readParticipants(calls: MeetCalls, userId: string, parent: string): Promise<MeetParticipant[]> {
  const people = await calls.list(userId, meetParticipant, {
    send: (page) => (meet, options) =>
      meet.conferenceRecords.participants.list({ parent, pageSize: PAGE_SIZE.people, ...page }, options),
    read: (answer) => ({ items: answer.participants, nextPageToken: answer.nextPageToken }),
  });
  const participants: MeetParticipant[] = [];
  // One after the other: Meet allows a user 600 reads a minute, and a crowd would use them up at once.
  for (const person of people) {
    participants.push({ ...person, sessions: await readSessions(calls, userId, person.name) });
  }
  return participants;
}

async function readSessions(calls: MeetCalls, userId: string, parent: string): Promise<MeetParticipant["sessions"]> {
  const sessions = await calls.list(userId, meetSession, {
    send: (page) => (meet, options) =>
      meet.conferenceRecords.participants.participantSessions.list(
        { parent, pageSize: PAGE_SIZE.people, ...page },
        options,
      ),
    read: (answer) => ({ items: answer.participantSessions, nextPageToken: answer.nextPageToken }),
  });
  return sessions.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
}

function readEntries(calls: MeetCalls, userId: string, parent: string) {
  return calls.list(userId, meetTranscriptEntry, {
    send: (page) => (meet, options) =>
      meet.conferenceRecords.transcripts.entries.list({ parent, pageSize: PAGE_SIZE.transcripts, ...page }, options),
    read: (answer) => ({ items: answer.transcriptEntries, nextPageToken: answer.nextPageToken }),
  });
}
