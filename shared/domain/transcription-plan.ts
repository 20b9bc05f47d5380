/** What decides how a recording is transcribed. */
export interface TranscriptionNeed {
  readonly durationMs: number;
  /** BCP 47, or null when neither the booking nor the service names one. */
  readonly language: string | null;
  readonly residency: "us" | "eu";
}

export type TranscriptionPlan =
  | {
      readonly kind: "planned";
      /** Where the model runs; also part of the recognizer's name and of the endpoint. */
      readonly location: string;
      readonly chunks: readonly { readonly chunk: number; readonly model: string; readonly languageCode: string }[];
    }
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** chirp_2 takes 8 hours with word times (Speech-to-Text, models and quotas, 2026-07-10); Meet records no longer. */
const MODEL = "chirp_2";
const MAX_DURATION_MS = 8 * 60 * 60 * 1000;
/** The regions that run chirp_2, one per residency. */
const LOCATIONS = { us: "us-central1", eu: "europe-west4" } as const;
const DEFAULT_LANGUAGE = "en-US";
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** One job for the whole recording; longer ones than any Meet recording are refused in words. */
export function planTranscription({ durationMs, language, residency }: TranscriptionNeed): TranscriptionPlan {
  if (durationMs > MAX_DURATION_MS) {
    const hours = (durationMs / 3_600_000).toFixed(1);
    const reason = `The recording lasts ${hours} hours; transcription takes at most 8. Split it and upload the parts.`;
    return { kind: "refused", code: "recording_too_long", reason };
  }
  const languageCode = language ?? DEFAULT_LANGUAGE;
  if (!LANGUAGE.test(languageCode)) {
    const reason = "The meeting settings name a language that is no BCP 47 code (for example en-US). Correct it.";
    return { kind: "refused", code: "language_unknown", reason };
  }
  return { kind: "planned", location: LOCATIONS[residency], chunks: [{ chunk: 0, model: MODEL, languageCode }] };
}

/** The region whose Speech jobs this installation starts and looks after. */
export function speechLocation(residency: TranscriptionNeed["residency"]): string {
  return LOCATIONS[residency];
}
