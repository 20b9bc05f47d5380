import { z } from "zod";
import type { RecordingFolder } from "../drive/drive-files.ts";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import type { MeetingEventSink } from "../workspaceevents/meeting-event.ts";
import { type HeldMeeting, type HoldDeps, type HoldRequest, holdMeeting } from "./hold-meeting.ts";
import { type MeetSpaces, MeetState } from "./meet-state.ts";
import { type MeetOperationsState, operations } from "./operations.ts";

export interface MeetEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** Where recordings go: the Drive emulator. */
  readonly recordings: RecordingFolder;
  /** Who hears of meetings: the Workspace Events emulator. */
  readonly events: MeetingEventSink;
}

export interface MeetEmulator extends Emulator, MeetSpaces, Pick<RestServer, "faults" | "calls"> {
  readonly state: MeetState;
  hold(request: HoldRequest): Promise<HeldMeeting>;
}

interface State extends MeetOperationsState {
  readonly hold: HoldDeps;
}

/** Starts Meet; `hold` makes a meeting happen. */
export async function startMeetEmulator(options: MeetEmulatorOptions): Promise<MeetEmulator> {
  const { authority, clock, recordings, events } = options;
  const meet = new MeetState();
  const hold = { state: meet, clock, recordings, events };
  const server = await startRestServer<State>({
    name: "Meet",
    port: options.port ?? 0,
    operations,
    control: [holdOperation],
    state: { meet, clock, hold },
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => meet.clear(),
  });
  return {
    ...server,
    state: meet,
    hold: (request) => holdMeeting(hold, request),
    createSpace: (owner, startsAt) => meet.createSpace(owner, startsAt),
    moveSpace: (name, startsAt) => meet.moveSpace(name, startsAt),
  };
}

const holdRequest = z.strictObject({
  meetingCode: z.string().regex(/^[a-z]{3}-[a-z]{4}-[a-z]{3}$/i),
  script: z.looseObject({
    meeting_transcripts: z.array(z.looseObject({ speaker: z.string().min(1), content: z.string() })).min(1),
  }),
  startTime: z.iso.datetime({ offset: true }).optional(),
});

const holdOperation: Operation<State> = {
  name: "control.hold",
  method: "POST",
  path: "/emulator/hold",
  query: [],
  anonymous: true,
  ...withBody<State, typeof holdRequest>(holdRequest, async (body, _call, { hold }) =>
    ok(await holdMeeting(hold, body)),
  ),
};
