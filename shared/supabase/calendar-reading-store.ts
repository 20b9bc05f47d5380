import { z } from "zod";
import type { CalendarReadingStore } from "#ports/calendar-reading-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

const start = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("leased"),
    fencing: z.number(),
    calendarId: z.string(),
    syncToken: z.string().nullable(),
  }),
  z.object({ kind: z.literal("busy") }),
  z.object({ kind: z.literal("not_connected") }),
]);

export function makeCalendarReadingStore(supabase: Supabase): CalendarReadingStore {
  return {
    begin: async (userId, { holder, leaseSeconds }) => {
      const options = { p_user_id: userId, p_holder: holder, p_lease_seconds: leaseSeconds };
      const begun = start.parse(dataOf(await supabase.rpc("begin_calendar_reading", options)));
      if (begun.kind !== "leased") return begun;
      const { fencing, calendarId, syncToken } = begun;
      return { kind: "leased", lease: { userId, fencing, leaseSeconds }, calendarId, syncToken };
    },
    recordPage: async ({ userId, fencing, leaseSeconds }, reading, events) => {
      const { data, error } = await supabase.rpc("record_calendar_page", {
        p_user_id: userId,
        p_fencing: fencing,
        p_reading: reading,
        p_events: toJson(events),
        p_lease_seconds: leaseSeconds,
      });
      if (error !== null) throw databaseError(error);
      return data;
    },
    finish: async ({ userId, fencing }, result, checkSeconds) =>
      dataOf(
        await supabase.rpc("finish_calendar_reading", {
          p_user_id: userId,
          p_fencing: fencing,
          p_result: toJson(result),
          p_check_seconds: checkSeconds,
        }),
      ),
    breakOff: async ({ userId, fencing }, problem, retrySeconds) =>
      assertWritten(
        await supabase.rpc("break_off_calendar_reading", {
          p_user_id: userId,
          p_fencing: fencing,
          p_problem: problem,
          p_retry_seconds: retrySeconds,
        }),
      ),
    claimUnread: async (limit, claimSeconds) =>
      dataOf(await supabase.rpc("claim_unread_calendars", { p_limit: limit, p_claim_seconds: claimSeconds })),
  };
}
