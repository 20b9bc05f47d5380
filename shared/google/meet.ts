import { meetSpace } from "#contracts/meet-resources.ts";
import { parseAnswer } from "#google/answer.ts";
import { makeMeetArtifacts } from "#google/meet-artifacts.ts";
import { type MeetCalls, type MeetOptions, makeMeetCalls } from "#google/meet-calls.ts";
import type { MeetingArtifacts } from "#ports/meeting-artifacts.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";

const AUTO_RECORDING = "config.artifactConfig.recordingConfig.autoRecordingGeneration";

/** Meet REST v2 with a consultant's own token; the one adapter behind both Meet ports. */
export function makeMeet(options: MeetOptions): MeetingRooms & MeetingArtifacts {
  const calls = makeMeetCalls(options);
  return { ...makeMeetRooms(calls), ...makeMeetArtifacts(calls) };
}

function makeMeetRooms(calls: MeetCalls): MeetingRooms {
  const setRecording = async (userId: string, name: string, autoRecordingGeneration: "ON" | "OFF"): Promise<void> => {
    const requestBody = { config: { artifactConfig: { recordingConfig: { autoRecordingGeneration } } } };
    const query = { name, updateMask: AUTO_RECORDING, requestBody };
    await calls.one(userId, (meet, options) => meet.spaces.patch(query, options));
  };
  return {
    spaceOf: async (userId, meetingCode) => {
      const query = { name: `spaces/${meetingCode}`, fields: "name" };
      const answer = await calls.one(userId, (meet, options) => meet.spaces.get(query, options));
      return parseAnswer("Meet", meetSpace, answer).name;
    },
    requestRecording: (userId, spaceName) => setRecording(userId, spaceName, "ON"),
    withdrawRecording: (userId, spaceName) => setRecording(userId, spaceName, "OFF"),
  };
}
