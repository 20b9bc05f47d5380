import type { Delivery } from "#contracts/delivery.ts";
import { done, ignored, type Outcome, parked } from "#kernel/outcome.ts";
import { asError, NeedsReconnectError, PermanentError, RetryableError, sentenceOf } from "#kernel/verdicts.ts";
import type { CaptureLease, RecordingSnapshot } from "#ports/capture-store.ts";
import type { MeetingArtifacts } from "#ports/meeting-artifacts.ts";
import { type Capture, type CopiedAudio, type CopyDeps, copyAudio } from "./copy-audio.ts";
import { assertHeld, keepLease, LeaseLostError } from "./lease-lost.ts";
import { startTranscription, type TranscriptionDeps } from "./start-transcription.ts";

export interface CaptureDeps extends CopyDeps, TranscriptionDeps {
  readonly meetings: Pick<MeetingArtifacts, "recording" | "conference">;
}

export interface RecordingToCapture {
  readonly recordingName: string;
  readonly userId: string;
}

/** Takes one recording as far as a running transcription: match, copy, start; from wherever an earlier run got to. */
export async function captureRecording(
  deps: CaptureDeps,
  { recordingName, userId }: RecordingToCapture,
  delivery: Delivery,
): Promise<Outcome> {
  const options = { userId, holder: delivery.messageId, leaseSeconds: deps.leaseSeconds };
  const start = await deps.store.begin(recordingName, options);
  delivery.about(start.subject);
  switch (start.kind) {
    case "settled":
      return ignored(`the recording is ${start.state} already`);
    case "busy":
      return ignored("another delivery works on this recording");
    case "redelivered":
      // Its first run died or still runs; once the lease has run out this delivery takes over.
      throw new RetryableError("this delivery already holds the recording", { code: "lease_held" });
    case "leased":
      return await whileHolding(deps, start.lease, () => work(deps, { ...start, delivery }));
  }
}

/** Runs the work and leaves its failure where a person looks: on the recording, and on the booking if it was the last. */
async function whileHolding(deps: CaptureDeps, lease: CaptureLease, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (thrown) {
    const error = asError(thrown);
    if (error instanceof LeaseLostError) return ignored(error.message);
    if (error instanceof NeedsReconnectError) {
      await deps.store.park(lease, error.message);
      return parked(error.code, error.message);
    }
    if (error instanceof PermanentError) {
      await deps.store.fail(lease, error.message);
      return parked(error.code, error.message);
    }
    // Best effort: a lease that cannot be given back runs out by itself.
    await deps.store.release(lease, sentenceOf(error)).catch(() => undefined);
    throw error;
  }
}

interface Work {
  readonly lease: CaptureLease;
  readonly recording: RecordingSnapshot;
  readonly delivery: Delivery;
}

async function work(deps: CaptureDeps, { lease, recording: known, delivery }: Work): Promise<Outcome> {
  const recording = known.bookingId === null ? await matchBooking(deps, lease, known) : known;
  if (recording.bookingId === null) return ignored("the meeting belongs to no booking that wants its recording");
  const { id: recordingId, bookingId, language } = recording;
  delivery.about({ recordingId, bookingId });
  await keepLease(deps, lease);
  const { objectName, durationMs } = await audioOf(deps, { lease, recording });
  // A paid job is asked for only while the booking stands.
  await keepLease(deps, lease);
  const audio = { recordingId, bookingId, objectName, durationMs, language };
  const jobs = await startTranscription(deps, lease, audio);
  return done(`${jobs} transcription job(s)`);
}

async function matchBooking(
  deps: CaptureDeps,
  lease: CaptureLease,
  known: RecordingSnapshot,
): Promise<RecordingSnapshot> {
  const recording = await deps.meetings.recording(known.userId, known.recordingName);
  if (recording.state !== "FILE_GENERATED" || recording.driveFileId === null) {
    throw new RetryableError("Meet has not written the recording's file yet.", { code: "recording_not_ready" });
  }
  const conference = await deps.meetings.conference(known.userId, known.conferenceRecord);
  const matched = await deps.store.match(lease, {
    spaceName: conference.spaceName,
    driveFileId: recording.driveFileId,
    exportUri: recording.exportUri,
    startsAt: recording.startsAt,
    endsAt: recording.endsAt,
  });
  assertHeld(matched);
  return matched;
}

/** What the recording's row says was copied, or the copy itself. */
async function audioOf(deps: CaptureDeps, capture: Capture): Promise<CopiedAudio> {
  const { objectName, durationMs } = capture.recording;
  return objectName === null || durationMs === null ? await copyAudio(deps, capture) : { objectName, durationMs };
}
