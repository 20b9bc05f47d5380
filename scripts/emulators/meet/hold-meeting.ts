import { randomBytes } from "node:crypto";
import type { RecordingFolder } from "../drive/drive-files.ts";
import type { EmulatorClock } from "../rest/emulator.ts";
import type { MeetingEventSink, MeetingEventType } from "../workspaceevents/meeting-event.ts";
import { captionTurns } from "./caption-turns.ts";
import type { Conference, MeetState, Participant, Space, TranscriptEntry } from "./meet-state.ts";
import { participantsOf } from "./participants-of.ts";
import { randomOf } from "./random-of.ts";
import { recordVideo } from "./record-video.ts";
import { type MeetingScript, type SpokenTurn, speakScript } from "./speak-script.ts";

export interface HoldDeps {
  readonly state: MeetState;
  readonly clock: EmulatorClock;
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
  const people = participantsOf(turns, { name, owner: space.owner, startsAt, durationMs });
  const words = turns.flatMap((turn) => turn.words);
  const recordings =
    space.recording === "ON" ? [await saveRecording(deps, { name, space, words, durationMs, endsAt })] : [];
  const transcripts = space.transcription === "OFF" ? [] : [transcriptOf(turns, { name, people, startsAt })];
  const participants = [...people.values()].sort((a, b) => a.earliestStartTime.localeCompare(b.earliestStartTime));
  const left = { participants, recordings, transcripts };
  deps.state.addConference({ name, space, startsAt, endsAt, heldAt: deps.clock.now(), ...left });
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
  const entries = captionTurns(turns, randomOf(JSON.stringify(turns))).map(
    ({ speaker, text, startsMs, endsMs }, index): TranscriptEntry => ({
      name: `${transcript}/entries/${index + 1}`,
      participant: people.get(speaker)?.name ?? "",
      ...{ text, languageCode: "en-US", startTime: at(startsMs), endTime: at(endsMs) },
    }),
  );
  return { name: transcript, entries };
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
