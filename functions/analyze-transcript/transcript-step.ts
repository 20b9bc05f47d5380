import type { Delivery } from "#contracts/delivery.ts";
import { TRANSCRIPTION_PREFIX } from "#contracts/storage-event.ts";
import { type MeetingPeople, NOBODY } from "#domain/meeting-people.ts";
import { buildSegments, type TranscriptSegment } from "#domain/transcript.ts";
import type { AnalysisLease, AnalysisStore, AnalyzedRecording, SpeakerKnowledge } from "#ports/analysis-store.ts";
import type { Effect, EffectLog } from "#ports/effect-log.ts";
import type { ObjectStore, StoredObject } from "#ports/object-store.ts";
import type { PeopleLookup } from "./meeting-people-lookup.ts";
import { readSpeech, type Speech } from "./read-speech.ts";
import { LeaseLostError } from "./stops.ts";

export interface TranscriptStepDeps {
  readonly store: AnalysisStore;
  readonly objects: Pick<ObjectStore, "list" | "read">;
  readonly lookUpPeople: PeopleLookup;
  readonly effects: EffectLog;
}

export interface TranscriptRequest {
  readonly lease: AnalysisLease;
  readonly recording: AnalyzedRecording;
  readonly delivery: Delivery;
  /** Look speakers up again where none were found the first time. */
  readonly eager: boolean;
}

export type TranscriptStep = (request: TranscriptRequest) => Promise<
  | { readonly kind: "stored" | "kept" }
  /** Not all chunks have a result yet; the notification of the last one goes on. */
  | { readonly kind: "waiting"; readonly reason: string }
>;

/** From a recording's result files to its stored turns. Throws PermanentError when they can never be read. */
export function makeTranscriptStep(deps: TranscriptStepDeps): TranscriptStep {
  return async (request) => {
    const { recording, lease } = request;
    const found = await deps.objects.list(`${TRANSCRIPTION_PREFIX}${recording.id}/`);
    const chosen = newestPerChunk(recording, found);
    const missing = recording.chunks.filter((chunk) => !chosen.has(chunk));
    if (recording.chunks.length === 0) return { kind: "waiting", reason: "no transcription was asked for" };
    if (missing.length > 0) return { kind: "waiting", reason: `no result yet for chunk ${missing.join(", ")}` };
    const objects = recording.chunks.flatMap((chunk) => chosen.get(chunk) ?? []);
    const sources = objects.map(({ name, generation }) => `${name}#${generation}`).join(" ");
    if (isCurrent(request, sources)) return { kind: "kept" };
    const speech = await readSpeech(deps.objects, request, objects);
    const people = await deps.lookUpPeople(request);
    const segments = buildSegments(speech.words, people);
    const { kind } = await deps.store.storeTranscript(lease, recording.id, {
      sources,
      generation: newestGeneration(objects),
      languageCode: speech.languageCode,
      words: speech.words.length,
      speakers: knowledgeOf(segments),
      speakersReason: people.reason,
      segments,
    });
    if (kind === "fenced") throw new LeaseLostError();
    await deps.effects.record([effectOf(request, { speech, segments, people })]);
    return { kind: kind === "stored" ? "stored" : "kept" };
  };
}

/** Stored from these very files, with names or without a wish to try for them again. */
function isCurrent({ recording, eager }: TranscriptRequest, sources: string): boolean {
  if (recording.transcript === null || recording.transcript.sources !== sources) return false;
  return !eager || recording.transcript.speakers === "named";
}

/** Of several results of one chunk (a job that was started twice) the newest counts, whatever the order of messages. */
function newestPerChunk(recording: AnalyzedRecording, found: readonly StoredObject[]): Map<number, StoredObject> {
  const chosen = new Map<number, StoredObject>();
  for (const object of found) {
    const [, , chunk = ""] = object.name.split("/");
    if (!/^\d{1,4}$/.test(chunk) || !object.name.endsWith(".json")) continue;
    const known = chosen.get(Number(chunk));
    if (known === undefined || isNewer(object, known)) chosen.set(Number(chunk), object);
  }
  for (const chunk of chosen.keys()) if (!recording.chunks.includes(chunk)) chosen.delete(chunk);
  return chosen;
}

function isNewer(a: StoredObject, b: StoredObject): boolean {
  const [newer, older] = [BigInt(a.generation), BigInt(b.generation)];
  return newer === older ? a.name > b.name : newer > older;
}

function newestGeneration(objects: readonly StoredObject[]): string {
  const [newest] = [...objects].sort((a, b) => (isNewer(a, b) ? -1 : 1));
  return newest?.generation ?? "0";
}

function knowledgeOf(segments: readonly TranscriptSegment[]): SpeakerKnowledge {
  const sources = new Set(segments.map((segment) => segment.speakerSource));
  if (sources.has("meet_entry") || sources.has("meet_session")) return "named";
  return sources.has("diarization") ? "voices" : "none";
}

function effectOf(
  { recording, lease }: TranscriptRequest,
  made: { readonly speech: Speech; readonly segments: readonly TranscriptSegment[]; readonly people: MeetingPeople },
): Effect {
  return {
    bookingId: lease.bookingId,
    recordingId: recording.id,
    step: "analyze-transcript",
    effect: "transcript.store",
    key: recording.id,
    outcome: "stored",
    detail: {
      words: made.speech.words.length,
      untimedWords: made.speech.untimedWords,
      turns: made.segments.length,
      entries: made.people.entries.length,
      billedSeconds: made.speech.billedSeconds,
      withoutNames: made.people === NOBODY || made.people.reason !== null,
    },
  };
}
