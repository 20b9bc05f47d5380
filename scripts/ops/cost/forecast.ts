import { buckets } from "#topology/buckets.ts";
import { secretNames } from "#topology/functions.ts";
import { schedules } from "#topology/schedules.ts";
import type { Quantities, Quantity } from "./bill.ts";
import { workQuantities } from "./function-work.ts";
import { type Meter, MONTH_HOURS } from "./prices.ts";
import { KEEP_HOURS } from "./usage.ts";

export const languageFeatures = ["entities", "entity-sentiment", "sentiment"] as const;
export type LanguageFeature = (typeof languageFeatures)[number];

export interface Plan {
  /** In a month, each recorded and transcribed. */
  readonly bookings: bigint;
  /** Of each meeting. */
  readonly minutes: bigint;
  readonly speech: "standard" | "dynamic-batch";
  readonly features: ReadonlySet<LanguageFeature>;
}

/** What people say in a minute of a conversation: some 150 words of 6 characters, spaces included. */
const CHARACTERS_PER_MINUTE = 900n;
/** Meet's AAC track: 21 MB for 30 minutes, as measured. */
const AUDIO_BYTES_PER_MINUTE = 700_000n;
/** A confirmation, now and then a change, the recording, the audio's and the result's notification. */
const MESSAGES = 5n;
const WORKSPACE_CALLS = 8n;

const METER_OF: Readonly<Record<LanguageFeature, Meter>> = {
  entities: "language_entities",
  "entity-sentiment": "language_entity_sentiment",
  sentiment: "language_sentiment",
};

/** Quantities of a month. What the schedules and secrets cost is in it, whatever the number of bookings. */
export function forecastQuantities({ bookings, minutes, speech, features }: Plan): Quantities {
  const estimated = (amount: bigint): Quantity => ({ amount, basis: "estimated" });
  const units = bookings * ((minutes * CHARACTERS_PER_MINUTE + 999n) / 1_000n);
  const language = Object.fromEntries([...features].map((feature) => [METER_OF[feature], estimated(units)]));
  return {
    [speech === "standard" ? "speech" : "speech_dynamic_batch"]: estimated(bookings * minutes * 60n),
    ...language,
    storage: estimated(bookings * minutes * AUDIO_BYTES_PER_MINUTE * BigInt(KEEP_HOURS)),
    storage_class_a: estimated(bookings * BigInt(buckets[0].prefixes.length) * 2n),
    storage_class_b: estimated(bookings * 3n),
    secret_versions: estimated(BigInt(secretNames.length)),
    scheduler_jobs: estimated(BigInt(schedules.length)),
    workspace_calls: estimated(bookings * WORKSPACE_CALLS),
    ...workQuantities({
      calls: {
        ...scheduledCalls(bookings * 2n),
        "process-booking": bookings * 2n,
        "capture-artifacts": bookings,
        "analyze-transcript": bookings * 2n,
      },
      messages: bookings * MESSAGES,
      minutes: bookings * minutes,
    }),
  };
}

/** A month's calls by Cloud Scheduler, and the relay's pings beside them. */
function scheduledCalls(pings: bigint): Record<string, bigint> {
  const calls: Record<string, bigint> = { "relay-outbox": pings };
  for (const { target, everySeconds } of schedules) {
    calls[target] = (calls[target] ?? 0n) + (MONTH_HOURS * 3_600n) / BigInt(everySeconds);
  }
  return calls;
}
