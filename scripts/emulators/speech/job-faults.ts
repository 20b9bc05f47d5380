import { z } from "zod";

/** What can go wrong with a job that was started; lost replies and status codes come from the REST base's menu. */
export const jobFaultKinds = ["never_ends", "error", "partial", "empty"] as const;

export const jobFaultSchema = z.strictObject({
  kind: z.enum(jobFaultKinds),
  /** Jobs it hits; default 1. */
  times: z.int().positive().default(1),
  /** partial: share of the words that reach the result. Default 0.5. */
  fraction: z.number().min(0).max(1).optional(),
  /** error: google.rpc.Code of the operation's error. Default 13, INTERNAL. */
  code: z.int().min(1).max(16).optional(),
});
export type JobFault = z.output<typeof jobFaultSchema>;

/** Faults in the order they were added; each job takes one. */
export class JobFaults {
  #entries: { readonly fault: JobFault; left: number }[] = [];

  add(fault: JobFault): void {
    this.#entries.push({ fault, left: fault.times });
  }

  take(): JobFault | null {
    const [entry] = this.#entries;
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left === 0) this.#entries.shift();
    return entry.fault;
  }

  clear(): void {
    this.#entries = [];
  }
}
