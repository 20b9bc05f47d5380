import type { Rate } from "./money.ts";

/** What is counted and paid for. */
export const meters = [
  ...(["speech", "speech_dynamic_batch"] as const),
  ...(["language_entities", "language_entity_sentiment", "language_sentiment"] as const),
  ...(["storage", "storage_class_a", "storage_class_b"] as const),
  ...(["function_requests", "function_cpu", "function_memory", "pubsub"] as const),
  ...(["secret_accesses", "secret_versions", "scheduler_jobs", "egress", "workspace_calls"] as const),
] as const;
export type Meter = (typeof meters)[number];

export interface Price {
  /** In words, as a line of the bill. */
  readonly what: string;
  /** What the quantity counts. */
  readonly counts: string;
  readonly rate: Rate;
  /** The rate as the provider writes it. */
  readonly written: string;
  /** So much is free every month, for the whole billing account. */
  readonly freePerMonth: bigint;
  /** For which regions of the product (us-central1, europe-west4) it holds. */
  readonly regions: "all" | "us";
  readonly source: string;
  /** When the source, or a stored copy of the provider's own page, was read; null: from hearsay, to be checked. */
  readonly checked: string | null;
}

const GIB = 2n ** 30n;
const TIB = 2n ** 40n;
/** A month as Google counts hours. */
export const MONTH_HOURS = 730n;
const CHECKED = "2026-11-20";

const unit = (what: string, microDollars: bigint, written: string): Price => ({
  what: `Natural Language: ${what}`,
  counts: "units of 1,000 characters",
  rate: { microDollars, per: 1n },
  written,
  freePerMonth: 5_000n,
  regions: "all",
  source: "https://cloud.google.com/natural-language/pricing",
  checked: CHECKED,
});

const RUN = { regions: "all", source: "https://cloud.google.com/run/pricing", checked: null } as const;
const SECRETS = { regions: "all", source: "https://cloud.google.com/secret-manager/pricing", checked: null } as const;
const SPEECH = { regions: "all", source: "https://cloud.google.com/speech-to-text/pricing", checked: null } as const;
const STORAGE_EXAMPLES = "https://cloud.google.com/storage/pricing-examples";

/** First volume tier, list prices, US dollars. A price that changes changes here and nowhere else. */
export const prices: Readonly<Record<Meter, Price>> = {
  speech: {
    ...{ what: "Speech-to-Text v2, standard", counts: "seconds of audio", freePerMonth: 3_600n, ...SPEECH },
    ...{ rate: { microDollars: 16_000n, per: 60n }, written: "$0.016 a minute" },
  },
  speech_dynamic_batch: {
    ...{ what: "Speech-to-Text v2, dynamic batch", counts: "seconds of audio", freePerMonth: 0n, ...SPEECH },
    ...{ rate: { microDollars: 3_000n, per: 60n }, written: "$0.003 a minute" },
  },
  language_entities: unit("entities", 1_000n, "$0.0010 a unit"),
  language_entity_sentiment: unit("feelings about entities", 2_000n, "$0.0020 a unit"),
  language_sentiment: unit("feelings of the text", 1_000n, "$0.0010 a unit"),
  storage: {
    ...{ what: "Cloud Storage: audio kept", counts: "byte-hours", freePerMonth: 5n * GIB * MONTH_HOURS },
    ...{ rate: { microDollars: 20_000n, per: GIB * MONTH_HOURS }, written: "$0.020 a GiB and month" },
    ...{ regions: "us", source: "https://cloud.google.com/storage/pricing", checked: CHECKED },
  },
  storage_class_a: {
    ...{ what: "Cloud Storage: writes and lists", counts: "class A operations", freePerMonth: 5_000n },
    ...{ rate: { microDollars: 5_000n, per: 1_000n }, written: "$0.005 a thousand" },
    ...{ regions: "us", source: STORAGE_EXAMPLES, checked: CHECKED },
  },
  storage_class_b: {
    ...{ what: "Cloud Storage: reads", counts: "class B operations", freePerMonth: 50_000n },
    ...{ rate: { microDollars: 400n, per: 1_000n }, written: "$0.0004 a thousand" },
    ...{ regions: "us", source: STORAGE_EXAMPLES, checked: CHECKED },
  },
  function_requests: {
    ...{ what: "Functions: calls", counts: "calls", freePerMonth: 2_000_000n, ...RUN },
    ...{ rate: { microDollars: 400_000n, per: 1_000_000n }, written: "$0.40 a million" },
  },
  function_cpu: {
    ...{ what: "Functions: processor", counts: "vCPU-milliseconds", freePerMonth: 180_000_000n, ...RUN },
    ...{ rate: { microDollars: 24n, per: 1_000n }, written: "$0.000024 a vCPU-second" },
  },
  function_memory: {
    ...{ what: "Functions: memory", counts: "MiB-milliseconds", freePerMonth: 360_000n * 1_024n * 1_000n, ...RUN },
    ...{ rate: { microDollars: 25n, per: 10n * 1_024n * 1_000n }, written: "$0.0000025 a GiB-second" },
  },
  pubsub: {
    ...{ what: "Pub/Sub", counts: "bytes, 1,000 at least for each request", freePerMonth: 10n * GIB },
    ...{ rate: { microDollars: 40_000_000n, per: TIB }, written: "$40 a TiB" },
    ...{ regions: "all", source: "https://cloud.google.com/pubsub/pricing", checked: CHECKED },
  },
  secret_accesses: {
    ...{ what: "Secret Manager: accesses", counts: "accesses", freePerMonth: 10_000n, ...SECRETS },
    ...{ rate: { microDollars: 30_000n, per: 10_000n }, written: "$0.03 ten thousand" },
  },
  secret_versions: {
    ...{ what: "Secret Manager: versions kept", counts: "versions and months", freePerMonth: 6n, ...SECRETS },
    ...{ rate: { microDollars: 60_000n, per: 1n }, written: "$0.06 a version and month" },
  },
  scheduler_jobs: {
    ...{ what: "Cloud Scheduler", counts: "jobs and months", freePerMonth: 3n },
    ...{ rate: { microDollars: 100_000n, per: 1n }, written: "$0.10 a job and month" },
    ...{ regions: "all", source: "https://cloud.google.com/scheduler/pricing", checked: null },
  },
  egress: {
    ...{ what: "Network: out of Google", counts: "bytes", freePerMonth: GIB },
    ...{ rate: { microDollars: 120_000n, per: GIB }, written: "$0.12 a GiB" },
    ...{ regions: "all", source: STORAGE_EXAMPLES, checked: CHECKED },
  },
  workspace_calls: {
    ...{ what: "Calendar, Meet, Drive", counts: "calls", freePerMonth: 0n },
    ...{ rate: { microDollars: 0n, per: 1n }, written: "free below a million a day" },
    ...{
      regions: "all",
      source: "https://developers.google.com/workspace/calendar/api/guides/quota",
      checked: CHECKED,
    },
  },
};

/** Whether the table's price was read at its source for this region. */
export function isVerified(price: Price, residency: "us" | "eu"): boolean {
  return price.checked !== null && (price.regions === "all" || residency === "us");
}
