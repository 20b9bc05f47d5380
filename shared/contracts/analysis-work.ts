import { z } from "zod";
import { speakerSources } from "#domain/attribute-speakers.ts";
import { subject } from "./subject.ts";

/** Answers of the analysis functions in the database, as the store reads them. */

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const speakers = z.enum(["named", "voices", "none"]);

const analysisSnapshot = z.object({
  bookingId: z.uuid(),
  transcriptHash: z.string().nullable(),
  insightsHash: z.string().nullable(),
  recordings: z.array(
    z.object({
      id: z.uuid(),
      conferenceRecord: z.string(),
      userId: z.uuid(),
      startedAt: instant.nullable(),
      audioStartsAfterMs: z.number(),
      chunks: z.array(z.number().int()),
      transcript: z.object({ sources: z.string(), speakers }).nullable(),
    }),
  ),
});

export const analysisStart = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("leased"), fencing: z.number().int(), snapshot: analysisSnapshot, subject }),
  z.object({ kind: z.literal("busy"), subject }),
  z.object({ kind: z.literal("redelivered"), subject }),
  z.object({ kind: z.literal("unknown"), subject }),
  z.object({ kind: z.literal("unwanted"), reason: z.string(), subject }),
]);

export const storedTranscripts = z.array(
  z.object({
    recordingId: z.uuid(),
    startedAt: instant.nullable(),
    languageCode: z.string().nullable(),
    words: z.number().int(),
    speakers,
    speakersReason: z.string().nullable(),
    segments: z.array(
      z.object({
        speaker: z.string().nullable(),
        speakerSource: z.enum(speakerSources),
        startsMs: z.number(),
        endsMs: z.number(),
        text: z.string(),
        confidence: z.number().nullable(),
      }),
    ),
  }),
);

export const transcriptStored = z.object({ kind: z.enum(["stored", "older", "fenced"]) });
export const insightsWritten = z.object({ kind: z.enum(["written", "stale", "fenced"]) });

/** No snapshot: nothing is waiting and the lease is free. */
export const analysisLeft = z.object({ waiting: z.array(z.uuid()), snapshot: analysisSnapshot.optional() });
