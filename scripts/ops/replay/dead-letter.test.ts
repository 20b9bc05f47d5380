import { expect, it } from "vitest";
import type { TopicName } from "#topology/topics.ts";
import { type DeadLetter, deliveriesOf, replayAttributes, subjectOf } from "./dead-letter.ts";

const letter = (topic: TopicName, data: unknown, attributes: Record<string, string> = {}): DeadLetter => ({
  ...{ topic, attributes, messageId: "m1", publishedAt: new Date(), acknowledge: () => undefined },
  data: Buffer.from(typeof data === "string" ? data : JSON.stringify(data)),
});
const ID = "0b9ff1f2-7b0e-4d3c-9a55-3d0c6f0f7a11";
const MEET = "google.workspace.meet.recording.v2.fileGenerated";

it.each<[string, DeadLetter, object]>([
  ["a booking", letter("booking-events", { bookingId: ID.toUpperCase() }), { kind: "booking", bookingId: ID }],
  [
    "a recording we announced",
    letter("meeting-events", { recordingName: "conferenceRecords/c/recordings/r" }, { kind: "recording.found" }),
    { kind: "recording", recordingName: "conferenceRecords/c/recordings/r" },
  ],
  [
    "a recording Meet tells of",
    letter("meeting-events", { recording: { name: "conferenceRecords/c/recordings/r" } }, { "ce-type": MEET }),
    { kind: "event", from: "Meet", what: `${MEET} of conferenceRecords/c/recordings/r` },
  ],
  [
    "a transcription we announced",
    letter("storage-events", { recordingId: ID }, { kind: "transcription.finished" }),
    { kind: "transcription", recordingId: ID },
  ],
  [
    "an object Cloud Storage tells of",
    letter("storage-events", {}, { eventType: "OBJECT_FINALIZE", objectId: "transcription/x.json" }),
    { kind: "event", from: "Cloud Storage", what: "OBJECT_FINALIZE of transcription/x.json" },
  ],
  [
    "a calendar that a backfill wants read",
    letter("booking-events", { backfillId: 3, userId: ID }, { kind: "calendar.read" }),
    { kind: "event", from: "a backfill" },
  ],
  ["text that is no JSON", letter("booking-events", "{"), { kind: "unreadable", reason: "it is not JSON" }],
  ["nothing at all", letter("booking-events", ""), { kind: "unreadable" }],
  ["a booking without an id", letter("booking-events", { bookingId: 7 }), { kind: "unreadable" }],
  ["a Meet event about nothing", letter("meeting-events", {}, { "ce-type": MEET }), { kind: "unreadable" }],
  ["a message without a type", letter("meeting-events", {}), { kind: "unreadable", reason: "it has no type" }],
  ["no notification", letter("storage-events", {}), { kind: "unreadable" }],
])("knows %s", (_what, dead, subject) => {
  expect(subjectOf(dead)).toMatchObject(subject);
});

it("is published with its own attributes and the id of the message it replays", () => {
  const attributes = { "ce-type": MEET, CloudPubSubDeadLetterSourceDeliveryCount: "30" };
  const dead = letter("meeting-events", {}, attributes);
  expect(deliveriesOf(dead)).toBe(30);
  expect(replayAttributes(dead)).toEqual({ "ce-type": MEET, replayOf: "m1" });
});
