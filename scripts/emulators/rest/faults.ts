import { z } from "zod";

export const faultKinds = ["status", "drop_reply", "drop_request", "delay", "truncate", "corrupt"] as const;

/** One entry of the fault menu, as `POST /emulator/faults` takes it. */
export const faultSchema = z.strictObject({
  /** Operation name, or `*` for any. */
  operation: z.string().min(1),
  kind: z.enum(faultKinds),
  /** How many calls it hits; default 1. */
  times: z.int().positive().default(1),
  /** Calls of the operation that pass before the first hit. */
  skip: z.int().nonnegative().default(0),
  status: z.int().min(200).max(599).optional(),
  reason: z.string().optional(),
  retryAfterSeconds: z.int().nonnegative().optional(),
  /** In Google's milliseconds (scaled with the emulator's clock). */
  delayMs: z.int().nonnegative().optional(),
  /** truncate: share of the body that arrives; corrupt: share of its bytes that change. Default 0.5 and 0.01. */
  fraction: z.number().min(0).max(1).optional(),
  /** status: this text instead of Google's error body. */
  body: z.string().optional(),
  contentType: z.string().optional(),
});

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

interface Entry {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/** Faults in the order they were added; a call takes the first that concerns it. */
export class FaultList {
  #entries: Entry[] = [];

  add(input: FaultInput): void {
    const fault = faultSchema.parse(input);
    this.#entries.push({ fault, skip: fault.skip, left: fault.times });
  }

  clear(): void {
    this.#entries = [];
  }

  /** The fault that hits this call of `operation`, used up by one. */
  take(operation: string): Fault | null {
    for (const entry of this.#entries) {
      if (entry.fault.operation !== operation && entry.fault.operation !== "*") continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      if (entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
      return entry.fault;
    }
    return null;
  }
}
