import type { CalendarChannelStore } from "#ports/calendar-channel-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";

export function makeCalendarChannelStore(supabase: Supabase): CalendarChannelStore {
  return {
    claimUnwatched: async ({ limit, overlapSeconds, claimSeconds }) =>
      dataOf(
        await supabase.rpc("claim_unwatched_calendars", {
          p_limit: limit,
          p_overlap_seconds: overlapSeconds,
          p_claim_seconds: claimSeconds,
        }),
      ).map(({ user_id, calendar_id }) => ({ userId: user_id, calendarId: calendar_id })),
    plan: async (userId, { id, tokenSha256 }) =>
      dataOf(
        await supabase.rpc("plan_calendar_channel", {
          p_user_id: userId,
          p_channel_id: id,
          p_token_sha256: tokenSha256,
        }),
      ),
    save: async (id, { resourceId, expiresAt }) =>
      assertWritten(
        await supabase.rpc("save_calendar_channel", {
          p_channel_id: id,
          p_resource_id: resourceId,
          p_expires_at: expiresAt.toISOString(),
        }),
      ),
    noteProblem: async (userId, problem, firstSeconds) =>
      assertWritten(
        await supabase.rpc("note_calendar_channel_problem", {
          p_user_id: userId,
          p_problem: problem,
          p_first_seconds: firstSeconds,
        }),
      ),
    userOf: async (id, tokenSha256) => {
      const { data, error } = await supabase.rpc("user_of_calendar_channel", {
        p_channel_id: id,
        p_token_sha256: tokenSha256,
      });
      if (error !== null) throw databaseError(error);
      return data ?? null;
    },
    retireAll: async (userId) => assertWritten(await supabase.rpc("retire_calendar_channels", { p_user_id: userId })),
    retired: async (limit, userId) =>
      dataOf(
        await supabase.rpc("list_retired_channels", {
          p_limit: limit,
          ...(userId !== undefined && { p_user_id: userId }),
        }),
      ).map(({ id, user_id, resource_id }) => ({ id, userId: user_id, resourceId: resource_id })),
    forget: async (id) => assertWritten(await supabase.rpc("forget_calendar_channel", { p_channel_id: id })),
  };
}
