import { z } from "zod";
import { bookingEvent } from "#contracts/booking-event.ts";
import { calendarReadEvent } from "#contracts/calendar-read-event.ts";
import { parseMeetingEvent } from "#contracts/meeting-event.ts";
import type { TopicName } from "#topology/topics.ts";

/** A message that was delivered too often, as it lies in the dead letter subscription of its topic. */
export interface DeadLetter {
  readonly topic: TopicName;
  readonly messageId: string;
  readonly publishedAt: Date;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** Takes it out of the subscription; only after what it is about has been announced again. */
  readonly acknowledge: () => void;
}

/** What a dead letter is about. */
export type Subject =
  | { readonly kind: "booking"; readonly bookingId: string }
  /** Our own word about a recording that was found. */
  | { readonly kind: "recording"; readonly recordingName: string }
  /** Our own word that a recording's transcription has ended. */
  | { readonly kind: "transcription"; readonly recordingId: string }
  /** What no row can be asked to say again, Google's own events above all: the very message is published anew. */
  | { readonly kind: "event"; readonly from: "Meet" | "Cloud Storage" | "a backfill"; readonly what: string }
  /** Nobody can tell what it is about: it stays where it is. */
  | { readonly kind: "unreadable"; readonly reason: string };

const recordingFound = z.looseObject({ recordingName: z.string().min(1).max(500) });
const transcriptionFinished = z.looseObject({ recordingId: z.uuid().toLowerCase() });

type Reader = (letter: DeadLetter, json: unknown) => Subject;

const READERS: Readonly<Record<TopicName, Reader>> = {
  "booking-events": ({ attributes }, json) => {
    if (attributes["kind"] === "calendar.read" && calendarReadEvent.safeParse(json).success) {
      return { kind: "event", from: "a backfill", what: "calendar.read" };
    }
    const parsed = bookingEvent.safeParse(json);
    return parsed.success ? { kind: "booking", bookingId: parsed.data.bookingId } : unreadable("it names no booking");
  },
  "meeting-events": (letter, json) => {
    if (letter.attributes["kind"] === "recording.found") {
      const parsed = recordingFound.safeParse(json);
      return parsed.success
        ? { kind: "recording", recordingName: parsed.data.recordingName }
        : unreadable("it names no recording");
    }
    return meetEvent(letter, json);
  },
  "storage-events": ({ attributes }, json) => {
    if (attributes["kind"] === "transcription.finished") {
      const parsed = transcriptionFinished.safeParse(json);
      return parsed.success
        ? { kind: "transcription", recordingId: parsed.data.recordingId }
        : unreadable("it names no recording");
    }
    const { objectId, eventType } = attributes;
    if (objectId === undefined || eventType === undefined) return unreadable("it is no notification of a bucket");
    return { kind: "event", from: "Cloud Storage", what: `${eventType} of ${objectId}` };
  },
};

export function subjectOf(letter: DeadLetter): Subject {
  const json = jsonOf(letter.data);
  return json === undefined ? unreadable("it is not JSON") : READERS[letter.topic](letter, json);
}

function meetEvent({ attributes }: DeadLetter, json: unknown): Subject {
  const type = attributes["ce-type"];
  if (type === undefined) return unreadable("it has no type");
  try {
    const event = parseMeetingEvent({ attributes, data: json });
    return {
      kind: "event",
      from: "Meet",
      what: event.kind === "recording" ? `${type} of ${event.recordingName}` : type,
    };
  } catch {
    return unreadable(`its ${type} does not name what it is about`);
  }
}

const unreadable = (reason: string): Subject => ({ kind: "unreadable", reason });

/** Undefined for what is not JSON. */
function jsonOf(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/** How often it was delivered before it was given up, as Pub/Sub notes it on the message. */
export function deliveriesOf({ attributes }: DeadLetter): number | null {
  const count = Number(attributes["CloudPubSubDeadLetterSourceDeliveryCount"]);
  return Number.isInteger(count) && count > 0 ? count : null;
}

const PUBSUB_NOTES = /^CloudPubSubDeadLetter/;

/** The attributes it is published with again: its own, and which message it is a replay of. */
export function replayAttributes({ attributes, messageId }: DeadLetter): Record<string, string> {
  const own = Object.entries(attributes).filter(([name]) => !PUBSUB_NOTES.test(name));
  return { ...Object.fromEntries(own), replayOf: messageId };
}
