import { z } from "zod";
import { recordingStates } from "#domain/recording.ts";
import { subject } from "./subject.ts";

const sealedAudio = z.object({
  sizeBytes: z.number(),
  crc32c: z.string(),
  packets: z.number(),
  durationMs: z.number(),
  startsAfterMs: z.number(),
});

export const recordingSnapshot = z.object({
  id: z.uuid(),
  recordingName: z.string(),
  conferenceRecord: z.string(),
  bookingId: z.uuid().nullable(),
  userId: z.uuid(),
  state: z.enum(recordingStates),
  driveFileId: z.string().nullable(),
  objectName: z.string().nullable(),
  durationMs: z.number().nullable(),
  upload: z.object({ sessionUri: z.string(), sourceMd5: z.string() }).nullable(),
  sealed: sealedAudio.nullable(),
  language: z.string().nullable(),
});

/** Answer of `begin_capture`. */
export const captureStart = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("leased"), fencing: z.number(), recording: recordingSnapshot, subject }),
  z.object({ kind: z.literal("busy"), subject }),
  z.object({ kind: z.literal("redelivered"), subject }),
  z.object({ kind: z.literal("settled"), state: z.enum(recordingStates), subject }),
]);

/** Answer of `renew_capture`. */
export const captureRenewal = z.enum(["held", "lost", "unwanted"]);

/** Answer of `plan_transcription`; null when the lease is lost. */
export const transcriptionJobs = z
  .array(
    z.object({
      chunk: z.number().int(),
      state: z.enum(["planned", "starting", "running", "succeeded", "failed"]),
      model: z.string(),
      languageCode: z.string(),
      audioUri: z.string(),
      outputPrefix: z.string(),
      starts: z.number().int(),
    }),
  )
  .nullable();
