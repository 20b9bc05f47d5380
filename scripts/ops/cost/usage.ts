import { z } from "zod";
import type { Supabase } from "#supabase/client.ts";
import { buckets } from "#topology/buckets.ts";
import { answered } from "../operator-database.ts";
import type { Quantities } from "./bill.ts";
import { workQuantities } from "./function-work.ts";

const count = z.coerce.bigint();

/** What `read_usage` answers. */
const usageSchema = z.object({
  asOf: z.string(),
  bookings: z.number(),
  recordings: count,
  transcripts: count,
  audioSeconds: count,
  audioBytes: count,
  byteHours: count,
  speechSeconds: count,
  unconfirmedSpeechSeconds: count,
  units: z.object({ entities: count, entitySentiment: count, sentiment: count }),
  workspaceCalls: count,
  mails: count,
  messages: count,
  retries: count,
  status: z.record(z.string(), z.number()),
});
export type Usage = z.infer<typeof usageSchema>;

export interface UsageScope {
  readonly bookingId?: string | undefined;
  readonly consultantId?: string | undefined;
  readonly since?: Date | undefined;
}

const [recordings] = buckets;
/** An object is paid for until its lifecycle rule removes it, and as long again as it can be brought back. */
export const KEEP_HOURS =
  24 *
  ((recordings.prefixes.find(({ prefix }) => prefix === "audio/")?.deleteAfterDays ?? 0) + recordings.softDeleteDays);

export async function readUsage(supabase: Supabase, { bookingId, consultantId, since }: UsageScope): Promise<Usage> {
  const answer = await supabase.rpc("read_usage", {
    p_keep_hours: KEEP_HOURS,
    ...(bookingId !== undefined && { p_booking_id: bookingId }),
    ...(consultantId !== undefined && { p_consultant_id: consultantId }),
    ...(since !== undefined && { p_since: since.toISOString() }),
  });
  return usageSchema.parse(answered(answer));
}

/** Quantities of what is paid for, from what the ledger counted; calls of functions follow from the messages. */
export function quantitiesOf(usage: Usage): Quantities {
  const measured = (amount: bigint) => ({ amount, basis: "measured" as const });
  const estimated = (amount: bigint) => ({ amount, basis: "estimated" as const });
  const { recordings: copies, transcripts, messages, retries } = usage;
  // A recording's own event and the notifications of its audio and its result do not pass the outbox.
  const events = copies * 2n + transcripts;
  return {
    speech: measured(usage.speechSeconds),
    language_entities: measured(usage.units.entities),
    language_entity_sentiment: measured(usage.units.entitySentiment),
    language_sentiment: measured(usage.units.sentiment),
    storage: measured(usage.byteHours),
    storage_class_a: estimated(copies * 2n + transcripts * 2n),
    storage_class_b: estimated(copies * 2n + transcripts),
    workspace_calls: measured(usage.workspaceCalls),
    ...workQuantities({
      calls: {
        "relay-outbox": messages,
        "process-booking": messages + retries,
        "capture-artifacts": copies,
        "analyze-transcript": copies + transcripts,
      },
      messages: messages + retries + events,
      minutes: usage.audioSeconds / 60n,
    }),
  };
}
