import { createHash, randomBytes } from "node:crypto";
import type { RecordingFolder } from "../drive/drive-files.ts";
import type { MeetingEventSink, MeetingEventType } from "../workspaceevents/meeting-event.ts";
import { captionTurns } from "./caption-turns.ts";
import type { Conference, MeetState, Participant, Space, TranscriptEntry } from "./meet-state.ts";
import { recordVideo } from "./record-video.ts";
import { type MeetingScript, type SpokenTurn, speakScript } from "./speak-script.ts";

export interface HoldDeps {
  readonly state: MeetState;
  readonly recordings: RecordingFolder;
  readonly events: MeetingEventSink;
}

/** What was held. */
export interface HeldMeeting {
  readonly conferenceRecord: string;
  /** Null when nobody had asked for a recording. */
  readonly recording: string | null;
  readonly words: number;
  readonly turns: number;
  readonly durationMs: number;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface HoldRequest {
  readonly meetingCode: string;
  readonly script: MeetingScript;
  /** The calendar event's start when absent. */
  readonly startTime?: string | undefined;
}

/** Plays a whole meeting at once and leaves what Meet leaves: record, people, recording, transcript, events. */
export async function holdMeeting(deps: HoldDeps, request: HoldRequest): Promise<HeldMeeting> {
  const space = deps.state.space(`spaces/${request.meetingCode}`);
  const { turns, durationMs } = speakScript(request.script);
  const startsAt = request.startTime === undefined ? space.startsAt : new Date(request.startTime);
  const endsAt = new Date(startsAt.getTime() + durationMs);
  const name = `conferenceRecords/${randomBytes(12).toString("hex")}`;
  const people = peopleOf(turns, { name, space, startsAt, endsAt });
  const words = turns.flatMap((turn) => turn.words);
  const recordings =
    space.recording === "ON" ? [await saveRecording(deps, { name, space, words, durationMs, endsAt })] : [];
  const transcripts = space.transcription === "OFF" ? [] : [transcriptOf(turns, { name, people, startsAt })];
  const participants = [...people.values()];
  deps.state.addConference({ name, space, startsAt, endsAt, participants, recordings, transcripts });
  report(deps.events, deps.state.conference(name));
  return {
    ...{ conferenceRecord: name, recording: recordings[0]?.name ?? null, words: words.length, turns: turns.length },
    ...{ durationMs, startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString() },
  };
}

interface Held {
  readonly name: string;
  readonly space: Space;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** One participant a speaker; the room's owner is the one who bears the account's name, else the first voice. */
function peopleOf(turns: readonly SpokenTurn[], { name, space, startsAt, endsAt }: Held): Map<string, Participant> {
  const speakers = [...new Set(turns.map((turn) => turn.speaker))];
  const owner = speakers.find((speaker) => speaker === space.owner.name) ?? speakers[0];
  const [startTime, endTime] = [startsAt.toISOString(), endsAt.toISOString()];
  return new Map(
    speakers.map((speaker, index) => {
      const participant = `${name}/participants/${100_000 + index}`;
      const sub = speaker === owner ? space.owner.sub : `2${String(index).padStart(20, "0")}`;
      const signedIn = speaker === owner || index % 2 === 0;
      const person = {
        name: participant,
        ...(signedIn
          ? { signedinUser: { user: `users/${sub}`, displayName: speaker } }
          : { anonymousUser: { displayName: speaker } }),
        ...{ earliestStartTime: startTime, latestEndTime: endTime },
        session: { name: `${participant}/participantSessions/1`, startTime, endTime },
      };
      return [speaker, person];
    }),
  );
}

async function saveRecording(
  { recordings }: HoldDeps,
  held: Omit<Held, "startsAt"> & {
    readonly words: readonly SpokenTurn["words"][number][];
    readonly durationMs: number;
  },
) {
  const { id, webViewLink } = recordings.add({
    owner: held.space.owner,
    name: `${held.space.meetingCode} (Recording)`,
    mimeType: "video/mp4",
    bytes: await recordVideo(held.words, held.durationMs),
    durationMs: held.durationMs,
    createdByMeet: true,
    createdAt: held.endsAt,
  });
  return { name: `${held.name}/recordings/${randomBytes(8).toString("hex")}`, file: id, exportUri: webViewLink };
}

function transcriptOf(
  turns: readonly SpokenTurn[],
  { name, people, startsAt }: Pick<Held, "name" | "startsAt"> & { readonly people: ReadonlyMap<string, Participant> },
) {
  const transcript = `${name}/transcripts/${randomBytes(8).toString("hex")}`;
  const at = (ms: number): string => new Date(startsAt.getTime() + ms).toISOString();
  const entries = captionTurns(turns, randomOf(turns)).map(
    ({ speaker, text, startsMs, endsMs }, index): TranscriptEntry => ({
      name: `${transcript}/entries/${index + 1}`,
      participant: people.get(speaker)?.name ?? "",
      ...{ text, languageCode: "en-US", startTime: at(startsMs), endTime: at(endsMs) },
    }),
  );
  return { name: transcript, entries };
}

/** The same talk is misheard in the same way every time (mulberry32 over the script's digest). */
function randomOf(turns: readonly SpokenTurn[]): () => number {
  let seed = createHash("sha256").update(JSON.stringify(turns)).digest().readUInt32BE(0);
  return () => {
    seed = (seed + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function report(events: MeetingEventSink, conference: Conference | undefined): void {
  if (conference === undefined) return;
  const { space, participants } = conference;
  const participantSubs = participants.flatMap(({ signedinUser }) =>
    signedinUser === undefined ? [] : [signedinUser.user.slice("users/".length)],
  );
  const emit = (type: MeetingEventType, payload: Readonly<Record<string, { name: string }>>): void =>
    events.emit({ type, space: space.name, ownerSub: space.owner.sub, participantSubs, payload });
  const conferenceRecord = { name: conference.name };
  emit("google.workspace.meet.conference.v2.started", { conferenceRecord });
  emit("google.workspace.meet.conference.v2.ended", { conferenceRecord });
  for (const { name } of conference.recordings) {
    emit("google.workspace.meet.recording.v2.fileGenerated", { recording: { name } });
  }
  for (const { name } of conference.transcripts) {
    emit("google.workspace.meet.transcript.v2.fileGenerated", { transcript: { name } });
  }
}
