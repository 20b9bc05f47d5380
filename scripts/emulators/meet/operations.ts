import { z } from "zod";
import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError, invalid, notFound } from "../rest/errors.ts";
import { type Call, type Operation, ok, userOf, withBody } from "../rest/operation.ts";
import { pageOf } from "../rest/paging.ts";
import { filterOf } from "./conference-filter.ts";
import type { Conference, MeetState, Participant, Space } from "./meet-state.ts";

export interface MeetOperationsState {
  readonly meet: MeetState;
  readonly clock: EmulatorClock;
}

const scope = (name: string): string => `https://www.googleapis.com/auth/meetings.space.${name}`;
const READ = [scope("created"), scope("readonly")];
const DAY_MS = 24 * 3_600_000;
/** Google counts from the conference's end; we count from when it was held, since a booking may lie in the past. */
const RETENTION_MS = 30 * DAY_MS;
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

/** Parameters of a read, by what its name ends with. */
const QUERIES: Readonly<Record<string, readonly string[]>> = { list: ["pageSize", "pageToken"], get: [] };

/** A read of conference records: user tokens with a reading scope. */
const read = (name: string, path: string, run: Run): Operation<MeetOperationsState> => ({
  ...{ name, method: "GET", path: `/v2/${path}`, scopes: READ, run },
  query: [...(QUERIES[name.split(".").at(-1) ?? ""] ?? []), ...(name === "conferenceRecords.list" ? ["filter"] : [])],
});

const record = "conferenceRecords/:record";

export const operations: readonly Operation<MeetOperationsState>[] = [
  {
    ...{ name: "spaces.get", method: "GET", path: "/v2/spaces/:space", query: [] },
    // `created` opens only what the app made itself with spaces.create; every space here is made by Calendar.
    scopes: [scope("readonly"), scope("settings")],
    run: (call, { meet }) => ok(spaceOf(meet.space(`spaces/${call.params["space"]}`), call)),
  },
  {
    ...{ name: "spaces.patch", method: "PATCH", path: "/v2/spaces/:space", query: ["updateMask"] },
    scopes: [scope("settings")],
    ...withBody<MeetOperationsState, typeof spaceChange>(spaceChange, (body, call, { meet }) =>
      patch(body, call, meet),
    ),
  },
  read("conferenceRecords.list", "conferenceRecords", (call, state) => {
    const mine = visibleTo(call, state).filter(filterOf(call.query.get("filter")));
    return page(call, { conferenceRecords: mine.map(conferenceOf) }, { standard: 25, max: 100 });
  }),
  read("conferenceRecords.get", record, (call, state) => ok(conferenceOf(conference(call, state)))),
  read("recordings.list", `${record}/recordings`, (call, state) =>
    page(call, { recordings: recordingsOf(conference(call, state)) }, { standard: 10, max: 100 }),
  ),
  read("recordings.get", `${record}/recordings/:recording`, (call, state) =>
    ok(named(call, recordingsOf(conference(call, state)))),
  ),
  read("participants.list", `${record}/participants`, (call, state) => {
    const people = conference(call, state).participants.map(personOf).reverse();
    return page(call, { participants: people }, { standard: 100, max: 250 });
  }),
  read("participants.get", `${record}/participants/:participant`, (call, state) =>
    ok(personOf(participant(call, state))),
  ),
  read("participantSessions.list", `${record}/participants/:participant/participantSessions`, (call, state) => {
    const latestFirst = participant(call, state).sessions.toReversed();
    return page(call, { participantSessions: latestFirst }, { standard: 100, max: 250 });
  }),
  read("participantSessions.get", `${record}/participants/:participant/participantSessions/:session`, (call, state) =>
    ok(named(call, participant(call, state).sessions)),
  ),
  read("transcripts.list", `${record}/transcripts`, (call, state) =>
    page(call, { transcripts: transcriptsOf(conference(call, state)) }, { standard: 10, max: 100 }),
  ),
  read("transcripts.get", `${record}/transcripts/:transcript`, (call, state) =>
    ok(named(call, transcriptsOf(conference(call, state)))),
  ),
  read("entries.list", `${record}/transcripts/:transcript/entries`, (call, state) => {
    const { entries } = inside(call, "transcripts", conference(call, state).transcripts);
    return page(call, { transcriptEntries: entries }, { standard: 10, max: 100 });
  }),
  read("entries.get", `${record}/transcripts/:transcript/entries/:entry`, (call, state) =>
    ok(named(call, inside(call, "transcripts", conference(call, state).transcripts).entries)),
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

/**
 * People may read the records of conferences they own or attended, until they expire; an app that holds
 * `meetings.space.created` alone sees none, because no space here is of its making.
 */
function visibleTo(call: Call, { meet, clock }: MeetOperationsState): Conference[] {
  const { sub, scopes } = userOf(call);
  if (!scopes.has(scope("readonly"))) return [];
  const now = clock.now();
  return meet.conferences().filter((held) => {
    const attended = held.participants.some(({ signedinUser }) => signedinUser?.user === `users/${sub}`);
    return (held.space.owner.sub === sub || attended) && expiryOf(held) > now;
  });
}

const expiryOf = ({ heldAt }: Conference): Date => new Date(heldAt.getTime() + RETENTION_MS);

function conference(call: Call, state: MeetOperationsState): Conference {
  const name = `conferenceRecords/${call.params["record"]}`;
  const found = visibleTo(call, state).find((one) => one.name === name);
  if (found === undefined) throw notFound(`Conference record not found: ${name}`);
  return found;
}

/** The resource that the path goes through on its way to another: `…/transcripts/T/entries`. */
function inside<Parent extends { readonly name: string }>(
  call: Call,
  collection: "participants" | "transcripts",
  parents: readonly Parent[],
): Parent {
  const id = call.params[collection.slice(0, -1)];
  const found = parents.find(({ name }) => name.endsWith(`/${collection}/${id}`));
  if (found === undefined) throw notFound(`Not found: ${collection}/${id}`);
  return found;
}

const participant = (call: Call, state: MeetOperationsState): Participant =>
  inside(call, "participants", conference(call, state).participants);

/** Sessions are resources of their own. */
const personOf = ({ sessions: _, ...person }: Participant) => person;

function named<Resource extends { readonly name: string }>(call: Call, resources: readonly Resource[]): Resource {
  const name = decodeURIComponent(call.url.pathname.slice("/v2/".length));
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw notFound(`Not found: ${name}`);
  return found;
}

function page(
  call: Call,
  named: Readonly<Record<string, readonly unknown[]>>,
  limits: { readonly standard: number; readonly max: number },
) {
  const [[field, resources] = ["", []]] = Object.entries(named);
  const asked = { size: call.query.get("pageSize"), token: call.query.get("pageToken") };
  const { items, ...next } = pageOf(resources, asked, limits);
  return ok({ ...(items.length > 0 && { [field]: items }), ...next });
}

function conferenceOf(held: Conference) {
  const { name, space, startsAt, endsAt } = held;
  const expireTime = expiryOf(held).toISOString();
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
