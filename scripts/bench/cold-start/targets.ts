import type { FunctionName } from "../../../infra/topology/functions.ts";
import type { Target } from "../benchmark.ts";

/** Multiples of hello, and MiB at the first answer. */
const TARGETS: Readonly<Partial<Record<FunctionName, { readonly start?: number; readonly rssMiB: number }>>> = {
  "google-auth": { start: 1.3, rssMiB: 130 },
  "relay-outbox": { start: 1.2, rssMiB: 90 },
  "process-booking": { start: 1.3, rssMiB: 90 },
  "send-reminders": { rssMiB: 130 },
  "capture-artifacts": { start: 2.2, rssMiB: 130 },
  "analyze-transcript": { start: 2.2, rssMiB: 130 },
  "keep-watch": { rssMiB: 130 },
};

/** What the functions' medians must reach; send-reminders and keep-watch run by the clock, and nobody waits for them. */
export const targets = (): Target[] =>
  Object.entries(TARGETS).flatMap(([contestant, { start, rssMiB }]) => [
    ...(start === undefined ? [] : [{ contestant, metric: "firstAnswerMs", atMost: start }]),
    { contestant, metric: "peakRssMiB", atMost: rssMiB },
  ]);
