import { ZodError } from "zod";
import type { Delivery } from "#contracts/delivery.ts";
import { type MeetingEvent, parseMeetingEvent } from "#contracts/meeting-event.ts";
import { done, ignored, type Outcome } from "#kernel/outcome.ts";
import { PermanentError } from "#kernel/verdicts.ts";
import { type CaptureDeps, captureRecording } from "./capture-recording.ts";

/**
 * What `meeting-events` brings: a finished recording is captured, a word about a subscription is noted for
 * keep-watch, everything else is none of our business. Meet's own transcript is read when the analysis needs it.
 */
export function makeHandler(deps: CaptureDeps): (delivery: Delivery) => Promise<Outcome> {
  return async (delivery) => {
    const event = readEvent(delivery);
    switch (event.kind) {
      case "recording":
        return await onRecording(deps, event, delivery);
      case "subscription":
        return (await deps.store.recheckSubscription(event.subscription))
          ? done("keep-watch will look at the subscription")
          : ignored("the subscription is none of ours");
      case "other":
        return ignored(`nothing to do for ${event.type === "" ? "a message without a type" : event.type}`);
    }
  };
}

async function onRecording(
  deps: CaptureDeps,
  event: Extract<MeetingEvent, { kind: "recording" }>,
  delivery: Delivery,
): Promise<Outcome> {
  const userId = event.userId ?? (await deps.store.userOfSubscription(event.subscription ?? ""));
  if (userId === null) return ignored("no consultant has the subscription that sent this event");
  return await captureRecording(deps, { recordingName: event.recordingName, userId }, delivery);
}

function readEvent(delivery: Delivery): MeetingEvent {
  try {
    return parseMeetingEvent(delivery);
  } catch (thrown) {
    if (!(thrown instanceof ZodError)) throw thrown;
    const fields = thrown.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new PermanentError(`the event does not name what it is about: ${fields}`, { code: "bad_meeting_event" });
  }
}
