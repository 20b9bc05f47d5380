import { transcriptionPrefix } from "#domain/recording.ts";
import { planTranscription, type TranscriptionNeed } from "#domain/transcription-plan.ts";
import { PermanentError } from "#kernel/verdicts.ts";
import type { CaptureLease, CaptureStore, TranscriptionJob } from "#ports/capture-store.ts";
import type { EffectLog } from "#ports/effect-log.ts";
import type { ObjectStore } from "#ports/object-store.ts";
import type { Transcriber } from "#ports/transcriber.ts";
import { assertHeld, LeaseLostError } from "./lease-lost.ts";

export interface TranscriptionDeps {
  readonly store: CaptureStore;
  readonly objects: ObjectStore;
  readonly transcriber: Transcriber;
  readonly effects: EffectLog;
  readonly residency: TranscriptionNeed["residency"];
}

export interface AudioToTranscribe {
  readonly recordingId: string;
  readonly bookingId: string;
  readonly objectName: string;
  readonly durationMs: number;
  readonly language: string | null;
  readonly traceId: string;
}

/** Asks Speech for every chunk that nobody has asked for yet; answers how many jobs run. */
export async function startTranscription(
  deps: TranscriptionDeps,
  lease: CaptureLease,
  audio: AudioToTranscribe,
): Promise<number> {
  const plan = planTranscription({ ...audio, residency: deps.residency });
  if (plan.kind === "refused") throw new PermanentError(plan.reason, { code: plan.code });
  const planned = plan.chunks.map((chunk) => ({
    ...chunk,
    audioUri: deps.objects.uriOf(audio.objectName),
    outputPrefix: transcriptionPrefix(audio.recordingId, chunk.chunk),
  }));
  const jobs = await deps.store.planTranscription(lease, planned);
  assertHeld(jobs);
  for (const job of jobs) {
    const operation = await operationFor(deps, { lease, audio, job });
    if (operation !== null) await deps.store.noteStarted(audio.recordingId, job.chunk, operation);
  }
  return jobs.length;
}

interface Starting {
  readonly lease: CaptureLease;
  readonly audio: AudioToTranscribe;
  readonly job: TranscriptionJob;
}

/** The operation that does the job: one that runs already, or a new one; null when it is noted already. */
async function operationFor(deps: TranscriptionDeps, starting: Starting): Promise<string | null> {
  switch (starting.job.state) {
    case "planned":
      return await start(deps, starting);
    case "starting":
      // An earlier run died, or got no answer, between asking and noting: look before paying again.
      return (await findStarted(deps, starting.job)) ?? (await start(deps, starting));
    default:
      return null;
  }
}

async function findStarted({ transcriber, objects }: TranscriptionDeps, job: TranscriptionJob): Promise<string | null> {
  const operation = await transcriber.find(objects.uriOf(job.outputPrefix));
  if (operation !== null) return operation;
  const [result] = await objects.list(job.outputPrefix);
  return result === undefined ? null : objects.uriOf(result.name);
}

async function start(deps: TranscriptionDeps, { lease, audio, job }: Starting): Promise<string> {
  if (!(await deps.store.claimStart(lease, job))) throw new LeaseLostError("another delivery starts the transcription");
  if (job.starts > 0) await recordStart(deps, audio, { job, outcome: "asked again: the first outcome stayed unknown" });
  const operation = await deps.transcriber.start({
    audioUri: job.audioUri,
    outputUri: deps.objects.uriOf(job.outputPrefix),
    model: job.model,
    languageCode: job.languageCode,
  });
  await recordStart(deps, audio, { job, outcome: "started" });
  return operation;
}

async function recordStart(
  { effects }: TranscriptionDeps,
  { recordingId, bookingId, traceId, durationMs }: AudioToTranscribe,
  { job, outcome }: { job: TranscriptionJob; outcome: string },
): Promise<void> {
  const detail = { chunk: job.chunk, model: job.model, durationMs, starts: job.starts + 1 };
  const key = job.outputPrefix;
  const step = "capture-artifacts";
  await effects.record([{ bookingId, recordingId, step, effect: "speech.start", key, outcome, detail, traceId }]);
}
