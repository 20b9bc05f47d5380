import { z } from "zod";
import type { OauthStateStore } from "#ports/oauth-state-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

const usedState = z.object({ userId: z.uuid(), codeVerifier: z.string(), nextPath: z.string().nullable() });

export function makeOauthStateStore(supabase: Supabase): OauthStateStore {
  return {
    create: async (userId, flow, lifetimeSeconds) =>
      assertWritten(
        await supabase.rpc("create_oauth_state", {
          p_user_id: userId,
          p_state: toJson(flow),
          p_lifetime_seconds: lifetimeSeconds,
        }),
      ),
    use: async (stateSha256, cookieSha256) => {
      const { data, error } = await supabase.rpc("use_oauth_state", {
        p_state_sha256: stateSha256,
        p_cookie_sha256: cookieSha256,
      });
      if (error !== null) throw databaseError(error);
      return data === null ? null : usedState.parse(data);
    },
    prune: async () => dataOf(await supabase.rpc("prune_single_use_values")),
  };
}
