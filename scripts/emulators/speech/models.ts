/** What one model takes; docs/models/chirp-3, chirp-2 and quotas, 2026-07. */
export interface Model {
  readonly locations: readonly string[];
  readonly maxAudioMs: number;
  /** Shorter where word times are asked for. */
  readonly maxTimedAudioMs: number;
  /** Locales in which speakers can be told apart; none where the model cannot. */
  readonly diarizationLanguages: readonly string[];
  /** `languageCodes: ["auto"]`. */
  readonly detectsLanguage: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** 480 minutes a file in a batch. */
const MAX_BATCH_AUDIO_MS = 8 * HOUR_MS;

/** Several languages in one request work in these alone. */
export const multiLanguageLocations: readonly string[] = ["global", "us", "eu"];

export const models: ReadonlyMap<string, Model> = new Map([
  [
    "chirp_3",
    {
      locations: ["us", "eu"],
      maxAudioMs: HOUR_MS,
      maxTimedAudioMs: 20 * MINUTE_MS,
      diarizationLanguages:
        "cmn-Hans-CN de-DE en-GB en-IN en-US es-ES es-US fr-CA fr-FR hi-IN it-IT ja-JP ko-KR pt-BR".split(" "),
      detectsLanguage: true,
    },
  ],
  [
    "chirp_2",
    {
      locations: ["us-central1", "europe-west4", "asia-southeast1"],
      maxAudioMs: MAX_BATCH_AUDIO_MS,
      maxTimedAudioMs: MAX_BATCH_AUDIO_MS,
      diarizationLanguages: [],
      detectsLanguage: true,
    },
  ],
  [
    "long",
    {
      locations: ["global", "us", "eu", "us-central1", "europe-west4", "asia-southeast1"],
      maxAudioMs: MAX_BATCH_AUDIO_MS,
      maxTimedAudioMs: MAX_BATCH_AUDIO_MS,
      diarizationLanguages: [],
      detectsLanguage: false,
    },
  ],
]);
