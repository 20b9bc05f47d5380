import { z } from "zod";
import type { MessageStore } from "#ports/message-store.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const dueMessage = z.object({
  key: z.string(),
  attempt: z.number().int(),
  kind: z.enum(["confirmation", "reconnect_google"]),
  recipient: z.string(),
  about: z.string(),
  booking: z
    .object({
      id: z.uuid().exactOptional(),
      status: z.string(),
      title: z.string().nullable(),
      startsAt: instant,
      endsAt: instant,
      timeZone: z.string(),
      customerName: z.string(),
      customerEmail: z.string().nullable(),
      meetingLink: z.string().nullable(),
      isOver: z.boolean(),
      serviceName: z.string().nullable(),
      consultantName: z.string().nullable(),
    })
    .nullable(),
  connection: z
    .object({
      state: z.string(),
      tokenVersion: z.number().int(),
      googleEmail: z.string(),
      consultantName: z.string().nullable(),
    })
    .nullable(),
});

export function makeMessageStore(supabase: Supabase): MessageStore {
  return {
    takeDue: async (claimSeconds, maxAttempts) => {
      const { data, error } = await supabase.rpc("take_due_message", {
        p_claim_seconds: claimSeconds,
        p_max_attempts: maxAttempts,
      });
      if (error !== null) throw databaseError(error);
      return data === null ? null : dueMessage.parse(data);
    },
    settle: async ({ key, attempt }, result) =>
      dataOf(await supabase.rpc("settle_message", { p_key: key, p_attempt: attempt, p_result: toJson(result) })),
  };
}
