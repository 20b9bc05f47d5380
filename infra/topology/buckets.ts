import type { TopicName } from "./topics.ts";

/** One bucket; object names inside it start with one of `prefixes`. */
export interface Bucket {
  readonly name: string;
  readonly prefixes: readonly { readonly prefix: string; readonly deleteAfterDays: number }[];
  /** How long a replaced or deleted object can be brought back, beyond the lifetime of its prefix. */
  readonly keepNoncurrentDays: number;
  readonly softDeleteDays: number;
  readonly notifies: { readonly topic: TopicName; readonly eventTypes: readonly ["OBJECT_FINALIZE"] };
}

/** Deployed under `<project>-<name>`: bucket names are global. */
export const buckets = [
  {
    name: "recordings",
    prefixes: [
      { prefix: "audio/", deleteAfterDays: 30 },
      { prefix: "transcription/", deleteAfterDays: 30 },
    ],
    keepNoncurrentDays: 1,
    softDeleteDays: 7,
    notifies: { topic: "storage-events", eventTypes: ["OBJECT_FINALIZE"] },
  },
] as const satisfies readonly Bucket[];
