import { z } from "zod";

export const mailFaultKinds = ["reject_recipient", "temporary", "drop_after_data"] as const;

/**
 * - reject_recipient: 550 at RCPT TO
 * - temporary: 451 at RCPT TO
 * - drop_after_data: takes the mail, then closes the connection without an answer
 */
export const mailFaultSchema = z.strictObject({
  kind: z.enum(mailFaultKinds),
  /** Only for this recipient; default any. */
  recipient: z.string().optional(),
  times: z.int().positive().default(1),
});

export type MailFault = z.output<typeof mailFaultSchema>;
export type MailFaultInput = z.input<typeof mailFaultSchema>;
export type MailFaultKind = MailFault["kind"];

/** Faults in the order they were added; each hits `times` times. */
export class MailFaultList {
  #entries: { readonly fault: MailFault; left: number }[] = [];

  add(input: MailFaultInput): void {
    const fault = mailFaultSchema.parse(input);
    this.#entries.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#entries = [];
  }

  /** The kind of the first fault among `kinds` that concerns one of these recipients, used up by one. */
  take(kinds: readonly MailFaultKind[], recipients: readonly string[]): MailFaultKind | null {
    const entry = this.#entries.find(
      ({ fault }) =>
        kinds.includes(fault.kind) && (fault.recipient === undefined || recipients.includes(fault.recipient)),
    );
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
    return entry.fault.kind;
  }
}
