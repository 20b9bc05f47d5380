export const residencies = ["us", "eu"] as const;
export type Residency = (typeof residencies)[number];

/** Everything that follows from where data must stay. Speech follows too: the functions are told DATA_RESIDENCY. */
export interface Place {
  /** Functions, schedules, buckets, secrets and the storage of topics. A single region: the smallest promise to keep. */
  readonly region: string;
  /** Natural Language's global address promises no place. */
  readonly languageEndpoint: string;
  /** Google's OTLP receiver in the region; its global address promises no place either. */
  readonly tracesEndpoint: string;
}

export const places: Readonly<Record<Residency, Place>> = {
  us: {
    region: "us-central1",
    languageEndpoint: "https://us-language.googleapis.com",
    tracesEndpoint: "https://telemetry.us-central1.rep.googleapis.com/v1/traces",
  },
  eu: {
    region: "europe-west4",
    languageEndpoint: "https://eu-language.googleapis.com",
    tracesEndpoint: "https://telemetry.europe-west4.rep.googleapis.com/v1/traces",
  },
};
