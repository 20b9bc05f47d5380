import { z } from "zod";
import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, invalid, notFound } from "../rest/errors.ts";
import { type Call, type Operation, ok, userOf, withBody } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import { filterOf } from "./conference-filter.ts";
import type { Conference, MeetState, Space } from "./meet-state.ts";

export interface MeetOperationsState {
  readonly meet: MeetState;
  readonly clock: EmulatorClock;
}

const scope = (name: string): string => `https://www.googleapis.com/auth/meetings.space.${name}`;
const READ = [scope("created"), scope("readonly")];
const RETENTION_MS = 30 * 24 * 3_600_000;
const RECORDING_MASK = "config.artifactConfig.recordingConfig.autoRecordingGeneration";
const TRANSCRIPTION_MASK = "config.artifactConfig.transcriptionConfig.autoTranscriptionGeneration";

const generation = z.enum(["AUTO_GENERATION_TYPE_UNSPECIFIED", "ON", "OFF"]);
const spaceChange = z.strictObject({
  config: z
    .strictObject({
      artifactConfig: z
        .strictObject({
          recordingConfig: z.strictObject({ autoRecordingGeneration: generation }).optional(),
          transcriptionConfig: z.strictObject({ autoTranscriptionGeneration: generation }).optional(),
        })
        .optional(),
    })
    .optional(),
});

type Run = Operation<MeetOperationsState>["run"];

/** A read of conference records: user tokens with a reading scope. */
const read = (name: string, path: string, run: Run, query: readonly string[] = []): Operation<MeetOperationsState> => ({
  ...{ name, method: "GET", path: `/v2/${path}`, scopes: READ, query, run },
});

const record = "conferenceRecords/:record";
const paging = ["pageSize", "pageToken"];

export const operations: readonly Operation<MeetOperationsState>[] = [
  {
    ...{ name: "spaces.get", method: "GET", path: "/v2/spaces/:space", query: [] },
    scopes: [...READ, scope("settings")],
    run: (call, { meet }) => ok(spaceOf(meet.space(`spaces/${call.params["space"]}`), call)),
  },
  {
    ...{ name: "spaces.patch", method: "PATCH", path: "/v2/spaces/:space", query: ["updateMask"] },
    scopes: [scope("created"), scope("settings")],
    ...withBody<MeetOperationsState, typeof spaceChange>(spaceChange, (body, call, { meet }) =>
      patch(body, call, meet),
    ),
  },
  read(
    "conferenceRecords.list",
    "conferenceRecords",
    (call, state) => {
      const mine = visibleTo(call, state).filter(filterOf(call.query.get("filter")));
      return page(call, "conferenceRecords", mine.map(conferenceOf), { standard: 25, max: 100 });
    },
    ["filter", ...paging],
  ),
  read("conferenceRecords.get", record, (call, state) => ok(conferenceOf(conference(call, state)))),
  read(
    "recordings.list",
    `${record}/recordings`,
    (call, state) => page(call, "recordings", recordingsOf(conference(call, state)), { standard: 10, max: 100 }),
    paging,
  ),
  read("recordings.get", `${record}/recordings/:recording`, (call, state) =>
    ok(named(call, recordingsOf(conference(call, state)))),
  ),
  read(
    "participants.list",
    `${record}/participants`,
    (call, state) => {
      const people = conference(call, state).participants.map(({ session: _, ...person }) => person);
      return page(call, "participants", people, { standard: 100, max: 250 });
    },
    ["filter", ...paging],
  ),
  read(
    "participantSessions.list",
    `${record}/participants/:participant/participantSessions`,
    (call, state) => {
      const suffix = `/participants/${call.params["participant"]}`;
      const person = conference(call, state).participants.find(({ name }) => name.endsWith(suffix));
      if (person === undefined) throw notFound("Participant not found.");
      return page(call, "participantSessions", [person.session], { standard: 100, max: 250 });
    },
    ["filter", ...paging],
  ),
  read(
    "transcripts.list",
    `${record}/transcripts`,
    (call, state) => page(call, "transcripts", transcriptsOf(conference(call, state)), { standard: 10, max: 100 }),
    paging,
  ),
  read("transcripts.get", `${record}/transcripts/:transcript`, (call, state) =>
    ok(named(call, transcriptsOf(conference(call, state)))),
  ),
  read(
    "entries.list",
    `${record}/transcripts/:transcript/entries`,
    (call, state) => {
      const suffix = `/transcripts/${call.params["transcript"]}`;
      const transcript = conference(call, state).transcripts.find(({ name }) => name.endsWith(suffix));
      if (transcript === undefined) throw notFound("Transcript not found.");
      return page(call, "transcriptEntries", transcript.entries, { standard: 10, max: 100 });
    },
    paging,
  ),
];

function patch(body: z.infer<typeof spaceChange>, call: Call, meet: MeetState) {
  const name = `spaces/${call.params["space"]}`;
  const space = meet.space(name);
  if (space.name !== name) throw notFound(`Space not found: ${name}. A meeting code is not accepted here.`);
  if (space.owner.sub !== userOf(call).sub)
    throw new GoogleError(403, "PERMISSION_DENIED", "Only the owner may do this.");
  const mask = call.query.get("updateMask")?.split(",") ?? [RECORDING_MASK, TRANSCRIPTION_MASK];
  const unknown = mask.find((field) => field !== RECORDING_MASK && field !== TRANSCRIPTION_MASK);
  if (unknown !== undefined) throw invalid(`The update mask names ${unknown}, which is not implemented here.`);
  const { recordingConfig, transcriptionConfig } = body.config?.artifactConfig ?? {};
  const recording = mask.includes(RECORDING_MASK) ? recordingConfig?.autoRecordingGeneration : undefined;
  const transcription = mask.includes(TRANSCRIPTION_MASK)
    ? transcriptionConfig?.autoTranscriptionGeneration
    : undefined;
  return ok(
    spaceOf(meet.changeSpace(name, { ...(recording && { recording }), ...(transcription && { transcription }) }), call),
  );
}

/** Anyone sees the name and the address; the settings are the owner's. */
function spaceOf({ name, meetingUri, meetingCode, owner, recording, transcription }: Space, call: Call) {
  const config = {
    ...{ accessType: "TRUSTED", entryPointAccess: "ALL" },
    artifactConfig: {
      recordingConfig: { autoRecordingGeneration: recording },
      transcriptionConfig: { autoTranscriptionGeneration: transcription },
    },
  };
  return { name, meetingUri, meetingCode, ...(owner.sub === userOf(call).sub && { config }) };
}

/** People may read the records of conferences they own or attended, until they expire. */
function visibleTo(call: Call, { meet, clock }: MeetOperationsState): Conference[] {
  const { sub } = userOf(call);
  const now = clock.now().getTime();
  return meet.conferences().filter(({ space, participants, endsAt }) => {
    const attended = participants.some(({ signedinUser }) => signedinUser?.user === `users/${sub}`);
    return (space.owner.sub === sub || attended) && endsAt.getTime() + RETENTION_MS > now;
  });
}

function conference(call: Call, state: MeetOperationsState): Conference {
  const name = `conferenceRecords/${call.params["record"]}`;
  const found = visibleTo(call, state).find((one) => one.name === name);
  if (found === undefined) throw notFound(`Conference record not found: ${name}`);
  return found;
}

function named<Resource extends { readonly name: string }>(call: Call, resources: readonly Resource[]): Resource {
  const name = decodeURIComponent(call.url.pathname.slice("/v2/".length));
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw notFound(`Not found: ${name}`);
  return found;
}

function page(
  call: Call,
  field: string,
  resources: readonly unknown[],
  limits: { readonly standard: number; readonly max: number },
) {
  const asked = { size: call.query.get("pageSize"), token: call.query.get("pageToken") };
  const { items, ...next } = pageOf(resources, asked, limits);
  return ok({ ...(items.length > 0 && { [field]: items }), ...next });
}

function conferenceOf({ name, space, startsAt, endsAt }: Conference) {
  const expireTime = new Date(endsAt.getTime() + RETENTION_MS).toISOString();
  return { name, space: space.name, startTime: startsAt.toISOString(), endTime: endsAt.toISOString(), expireTime };
}

function recordingsOf({ recordings, startsAt, endsAt }: Conference) {
  return recordings.map(({ name, file, exportUri }) => ({
    ...{ name, state: "FILE_GENERATED", driveDestination: { file, exportUri } },
    ...{ startTime: startsAt.toISOString(), endTime: endsAt.toISOString() },
  }));
}

function transcriptsOf({ transcripts, startsAt, endsAt }: Conference) {
  return transcripts.map(({ name }) => ({
    ...{ name, state: "FILE_GENERATED", startTime: startsAt.toISOString(), endTime: endsAt.toISOString() },
    docsDestination: { document: name.replace(/^.*\//, "doc-") },
  }));
}
