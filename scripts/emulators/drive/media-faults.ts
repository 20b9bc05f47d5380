import { z } from "zod";

/** What can go wrong while content is read; `POST /emulator/media-faults` takes one. */
export const mediaFaultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...common(),
    kind: z.literal("cut"),
    /** Share of the answer's bytes that is missing from its middle. */
    fraction: z.number().gt(0).lt(1).default(0.1),
    /** `whole`: the declared length is that of the whole, then the connection breaks; `sent`: a clean, shorter answer. */
    declares: z.enum(["whole", "sent"]).default("sent"),
  }),
  /** Half of the answer, then nothing for `delayMs`, then the rest. */
  z.strictObject({ ...common(), kind: z.literal("stall"), delayMs: z.int().positive() }),
  /** The answer in `pieces`, spread over `delayMs`. */
  z.strictObject({
    ...common(),
    kind: z.literal("slow"),
    delayMs: z.int().positive(),
    pieces: z.int().min(2).default(20),
  }),
  /** After half of the answer the file gets a new revision, and the rest is the new revision's bytes. */
  z.strictObject({ ...common(), kind: z.literal("revise") }),
]);

function common() {
  return { fileId: z.string().default("*"), times: z.int().positive().default(1), skip: z.int().min(0).default(0) };
}

export type MediaFault = z.output<typeof mediaFaultSchema>;
export type MediaFaultInput = z.input<typeof mediaFaultSchema>;

/** Faults of content reads, in the order they were added. */
export class MediaFaultList {
  #entries: { fault: MediaFault; skip: number; left: number }[] = [];

  add(input: MediaFaultInput): void {
    const fault = mediaFaultSchema.parse(input);
    this.#entries.push({ fault, skip: fault.skip, left: fault.times });
  }

  take(fileId: string): MediaFault | null {
    for (const entry of this.#entries) {
      if (entry.fault.fileId !== "*" && entry.fault.fileId !== fileId) continue;
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

  clear(): void {
    this.#entries = [];
  }
}
