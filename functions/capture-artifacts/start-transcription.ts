import { transcriptionPrefix } from "#domain/recording.ts";
import { planTranscription, type TranscriptionNeed } from "#domain/transcription-plan.ts";
import { PermanentError } from "#kernel/verdicts.ts";
import type { CaptureLease, CaptureStore, TranscriptionJob } from "#ports/capture-store.ts";
import type { Effect, EffectLog } from "#ports/effect-log.ts";
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
  for (const job of jobs) await startJob(deps, { lease, audio, job });
  return jobs.length;
}

interface Starting {
  readonly lease: CaptureLease;
  readonly audio: AudioToTranscribe;
  readonly job: TranscriptionJob;
}

/** Starts what nobody has started; what may have been started already is looked for before it is paid again. */
async function startJob(deps: TranscriptionDeps, starting: Starting): Promise<void> {
  const { audio, job } = starting;
  if (job.state !== "planned" && job.state !== "starting") return;
  const found = job.state === "starting" ? await findStarted(deps, job) : null;
  const operationName = found ?? (await ask(deps, starting));
  const started = { recordingId: audio.recordingId, chunk: job.chunk, operationName };
  await deps.store.noteStarted(started, effectOf(starting, found === null ? "started" : "found running"));
}

/** An earlier run died, or got no answer, between asking and noting: its operation, or what that has written. */
async function findStarted({ transcriber, objects }: TranscriptionDeps, job: TranscriptionJob): Promise<string | null> {
  const operation = await transcriber.find(objects.uriOf(job.outputPrefix));
  if (operation !== null) return operation;
  const [result] = await objects.list(job.outputPrefix);
  return result === undefined ? null : objects.uriOf(result.name);
}

async function ask(deps: TranscriptionDeps, starting: Starting): Promise<string> {
  const { lease, job } = starting;
  if (!(await deps.store.claimStart(lease, job))) throw new LeaseLostError("another delivery starts the transcription");
  if (job.starts > 0) await deps.effects.record([effectOf(starting, "asked again: the first outcome stayed unknown")]);
  return await deps.transcriber.start({
    audioUri: job.audioUri,
    outputUri: deps.objects.uriOf(job.outputPrefix),
    model: job.model,
    languageCode: job.languageCode,
  });
}

function effectOf({ audio, job }: Starting, outcome: string): Effect {
  const { recordingId, bookingId, durationMs } = audio;
  const detail = { chunk: job.chunk, model: job.model, durationMs };
  const step = "capture-artifacts";
  return { bookingId, recordingId, step, effect: "speech.start", key: job.outputPrefix, outcome, detail };
}
