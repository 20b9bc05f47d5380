/** Events Meet has (developers.google.com/workspace/events/guides/events-meet). */
export const meetingEventTypes = [
  "google.workspace.meet.conference.v2.started",
  "google.workspace.meet.conference.v2.ended",
  "google.workspace.meet.participant.v2.joined",
  "google.workspace.meet.participant.v2.left",
  "google.workspace.meet.recording.v2.started",
  "google.workspace.meet.recording.v2.ended",
  "google.workspace.meet.recording.v2.fileGenerated",
  "google.workspace.meet.transcript.v2.started",
  "google.workspace.meet.transcript.v2.ended",
  "google.workspace.meet.transcript.v2.fileGenerated",
  "google.workspace.meet.smartNote.v2.started",
  "google.workspace.meet.smartNote.v2.ended",
  "google.workspace.meet.smartNote.v2.fileGenerated",
] as const;
export type MeetingEventType = (typeof meetingEventTypes)[number];

/** The two that reach people who do not own the space. */
export const participantEventTypes: ReadonlySet<string> = new Set([
  "google.workspace.meet.conference.v2.started",
  "google.workspace.meet.transcript.v2.fileGenerated",
]);

/** Something that happened in a meeting, as the Meet emulator tells it. */
export interface MeetingEvent {
  readonly type: MeetingEventType;
  /** `spaces/…` */
  readonly space: string;
  readonly ownerSub: string;
  readonly participantSubs?: readonly string[];
  /** `{"recording": {"name": "conferenceRecords/…/recordings/…"}}` and the like: names, never resources. */
  readonly payload: Readonly<Record<string, { readonly name: string }>>;
}

/** Where Meet reports; this emulator provides it. */
export interface MeetingEventSink {
  emit(event: MeetingEvent): void;
}
