import { z } from "zod";
import type { Delivery } from "./delivery.ts";

/** What `meeting-events` can tell capture-artifacts, from Google Workspace Events or from our own outbox. */
export type MeetingEvent =
  | {
      readonly kind: "recording";
      readonly recordingName: string;
      /** Exactly one of the two is known. */
      readonly userId: string | null;
      readonly subscription: string | null;
    }
  /** A subscription of Workspace Events ends, rests or is gone. */
  | { readonly kind: "subscription"; readonly subscription: string }
  | { readonly kind: "other"; readonly type: string };

const recordingName = z.string().regex(/^conferenceRecords\/[\w-]{1,200}\/recordings\/[\w-]{1,200}$/);
const recordingFile = z.looseObject({ recording: z.looseObject({ name: recordingName }) });
const recordingFound = z.looseObject({ recordingName, userId: z.uuid().toLowerCase() });

const RECORDING_FILE = "google.workspace.meet.recording.v2.fileGenerated";
const SUBSCRIPTION_EVENT = /^google\.workspace\.events\.subscription\.v1\.(suspended|expirationReminder|expired)$/;
const OUR_RECORDING = "recording.found";

/** Reads a delivery's type from its `ce-*` or `kind` attribute; throws `ZodError` when its content does not fit it. */
export function parseMeetingEvent({ attributes, data }: Pick<Delivery, "attributes" | "data">): MeetingEvent {
  const subscription = attributes["ce-source"] ?? "";
  const type = attributes["ce-type"] ?? attributes["kind"] ?? "";
  if (type === OUR_RECORDING) {
    const found = recordingFound.parse(data);
    return { kind: "recording", recordingName: found.recordingName, userId: found.userId, subscription: null };
  }
  if (type === RECORDING_FILE) {
    const { recording } = recordingFile.parse(data);
    return { kind: "recording", recordingName: recording.name, userId: null, subscription };
  }
  return SUBSCRIPTION_EVENT.test(type) ? { kind: "subscription", subscription } : { kind: "other", type };
}
