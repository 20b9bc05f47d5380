import { audioObjectName } from "#domain/recording.ts";
import type { Clock } from "#kernel/clock.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { AudioExtractor, ExtractedAudio } from "#ports/audio-extractor.ts";
import type { CaptureLease, CaptureStore, RecordingSnapshot, SealedAudio } from "#ports/capture-store.ts";
import type { ObjectStore, StoredObject } from "#ports/object-store.ts";
import type { RecordingFile, RecordingFiles } from "#ports/recording-files.ts";
import { assertHeld, keepLease } from "./lease-lost.ts";

export interface CopyDeps {
  readonly store: CaptureStore;
  readonly files: RecordingFiles;
  readonly objects: ObjectStore;
  readonly extractor: AudioExtractor;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  /** After how many days the bucket's lifecycle rule removes the audio. */
  readonly keepDays: number;
}

export interface CopiedAudio {
  readonly objectName: string;
  readonly durationMs: number;
}

/** One capture under way: whose lease, which recording. */
export interface Capture {
  readonly lease: CaptureLease;
  readonly recording: RecordingSnapshot;
}

/** Failures after which the bytes the server holds may be wrong: the next try begins a new upload. */
const SPOILED = ["recording_transfer_damaged", "recording_changed"];
const CONTENT_TYPE = "audio/mp4";
/** The lease is renewed this often in its time while bytes flow. */
const RENEWALS_PER_LEASE = 4;

/**
 * Brings the recording's audio into the bucket under a name made of its id. Whatever an earlier run left is used:
 * a finished object, or what a broken upload has stored. The object comes to be only after the whole source was read
 * and found unchanged.
 */
export async function copyAudio(deps: CopyDeps, capture: Capture): Promise<CopiedAudio> {
  const { recording } = capture;
  const name = audioObjectName(recording.id);
  const present = await deps.objects.stat(name);
  if (present !== null) {
    if (recording.sealed !== null && isSealed(present, recording.sealed)) {
      return await finish(deps, capture, { object: present, sealed: recording.sealed });
    }
    // Nothing of ours ends an upload without a seal; what is here cannot be trusted. Unless this run has been asleep
    // and the object is its successor's.
    await keepLease(deps, capture.lease);
    await deps.objects.remove(present);
  }
  if (recording.driveFileId === null) {
    throw new PermanentError("Meet names no file for the recording.", { code: "recording_without_file" });
  }
  const file = await deps.files.describe(recording.userId, recording.driveFileId);
  const source = deps.files.content(recording.userId, file);
  const audio = await deps.extractor.open(source, file);
  return await send({ deps, capture, file, audio });
}

interface Sending {
  readonly deps: CopyDeps;
  readonly capture: Capture;
  readonly file: RecordingFile;
  readonly audio: ExtractedAudio;
}

async function send(sending: Sending): Promise<CopiedAudio> {
  const { deps, capture, file, audio } = sending;
  const { lease, recording } = capture;
  const name = audioObjectName(recording.id);
  const sessionUri = await sessionFor(sending);
  let sealed: SealedAudio | null = null;
  try {
    const result = await deps.objects.upload({
      name,
      sessionUri,
      content: keepingLease(deps, lease, audio.content),
      beforeEnd: async (sent) => {
        await assertUnchanged(deps, recording.userId, file);
        const { packets, durationMs, startsAfterMs } = audio.facts;
        sealed = { ...sent, packets, durationMs, startsAfterMs };
        assertHeld(await deps.store.seal(lease, sealed));
      },
    });
    const object =
      result.kind === "exists" ? await deps.objects.stat(name) : result.kind === "stored" ? result.object : null;
    if (sealed === null || object === null || !isSealed(object, sealed)) {
      throw new RetryableError("The upload of the audio was lost; it begins again.", { code: "recording_changed" });
    }
    return await finish(deps, capture, { object, sealed });
  } catch (thrown) {
    if (thrown instanceof RetryableError && SPOILED.includes(thrown.code)) {
      await deps.store.noteUpload(lease, { sessionUri: null, source: file });
    }
    throw thrown;
  }
}

/** The session of an earlier run when it carries the same source, else a new one, noted before it is used. */
async function sessionFor({ deps, capture: { lease, recording }, file }: Sending): Promise<string> {
  const known = recording.upload?.sourceMd5 === file.md5 ? recording.upload.sessionUri : null;
  const sessionUri = known ?? (await deps.objects.beginUpload(audioObjectName(recording.id), CONTENT_TYPE));
  assertHeld(await deps.store.noteUpload(lease, { sessionUri, source: file }));
  return sessionUri;
}

/** Renews the lease as bytes flow, so that a long copy is not taken for a dead one. */
async function* keepingLease(
  deps: CopyDeps,
  lease: CaptureLease,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { clock } = deps;
  const everyMs = (deps.leaseSeconds * 1000) / RENEWALS_PER_LEASE;
  let renewedAt = clock.now().getTime();
  for await (const piece of content) {
    if (clock.now().getTime() - renewedAt >= everyMs) {
      await keepLease(deps, lease);
      renewedAt = clock.now().getTime();
    }
    yield piece;
  }
}

async function assertUnchanged({ files }: CopyDeps, userId: string, file: RecordingFile): Promise<void> {
  const now = await files.describe(userId, file.fileId);
  if (now.md5 === file.md5 && now.sizeBytes === file.sizeBytes && now.revisionId === file.revisionId) return;
  throw new RetryableError("The recording was replaced in Drive while it was copied; it is read again.", {
    code: "recording_changed",
  });
}

function isSealed(object: StoredObject, sealed: SealedAudio): boolean {
  return object.crc32c === sealed.crc32c && object.sizeBytes === sealed.sizeBytes;
}

async function finish(
  { store, keepDays }: CopyDeps,
  { lease, recording }: Capture,
  { object, sealed }: { object: StoredObject; sealed: SealedAudio },
): Promise<CopiedAudio> {
  const { durationMs, sizeBytes } = sealed;
  const ids = {
    ...(recording.bookingId === null ? {} : { bookingId: recording.bookingId }),
    recordingId: recording.id,
  };
  const effect = { ...ids, step: "capture-artifacts", effect: "recording.copy", key: object.name, outcome: "copied" };
  const detail = { durationMs, sizeBytes };
  const { name, generation } = object;
  assertHeld(await store.finishCopy(lease, { object: { name, generation }, keepDays, effect: { ...effect, detail } }));
  return { objectName: name, durationMs };
}
