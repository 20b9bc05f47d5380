import { z } from "zod";
import type { MeetingEventSubscriptionStore } from "#ports/meeting-event-subscription-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

const dueRows = z.array(z.object({ user_id: z.string(), google_sub: z.string(), name: z.string().nullable() }));

export function makeMeetingEventSubscriptionStore(supabase: Supabase): MeetingEventSubscriptionStore {
  return {
    save: async ({ userId, googleSub }, subscription, checkSeconds) =>
      dataOf(
        await supabase.rpc("save_workspace_subscription", {
          p_user_id: userId,
          p_google_sub: googleSub,
          p_subscription: toJson(subscription),
          p_check_seconds: checkSeconds,
        }),
      ),
    noteProblem: async ({ userId, googleSub }, problem, firstSeconds) =>
      assertWritten(
        await supabase.rpc("note_workspace_subscription_problem", {
          p_user_id: userId,
          p_google_sub: googleSub,
          p_problem: problem,
          p_first_seconds: firstSeconds,
        }),
      ),
    remove: async (userId) => {
      const { data, error } = await supabase.rpc("remove_workspace_subscription", { p_user_id: userId });
      if (error !== null) throw databaseError(error);
      return data ?? null;
    },
    claimDue: async (limit, claimSeconds) =>
      dueRows
        .parse(
          dataOf(
            await supabase.rpc("claim_workspace_subscriptions", { p_limit: limit, p_claim_seconds: claimSeconds }),
          ),
        )
        .map(({ user_id, google_sub, name }) => ({ userId: user_id, googleSub: google_sub, name })),
  };
}
