import { z } from "zod";
import { Secret } from "#kernel/secret.ts";
import type { ConsultantToken, ConsultantTokenStore } from "#ports/consultant-token-store.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";

const tokenAnswer = z.object({
  state: z.enum(["connected", "not_connected", "needs_reconnect", "disconnected", "token_unreadable"]),
  reason: z.string().nullish(),
  tokenVersion: z.number().int().nullish(),
  refreshToken: z.string().min(1).nullish(),
});

/** Refresh tokens over the two specified SQL functions; the plaintext lives in a `Secret` from here on. */
export function makeConsultantTokenStore(supabase: Supabase): ConsultantTokenStore {
  return {
    read: async (userId) =>
      tokenOf(
        tokenAnswer.parse(dataOf(await supabase.rpc("get_decrypted_google_refresh_token", { p_user_id: userId }))),
      ),
    markNeedsReconnect: async (userId, { reason, tokenVersion }) =>
      dataOf(
        await supabase.rpc("mark_google_connection", {
          p_user_id: userId,
          p_state: "needs_reconnect",
          p_reason: reason,
          p_token_version: tokenVersion,
        }),
      ),
    replace: async (userId, { refreshToken, tokenVersion }) =>
      dataOf(
        await supabase.rpc("replace_google_refresh_token", {
          p_user_id: userId,
          p_refresh_token: refreshToken.reveal(),
          p_token_version: tokenVersion,
        }),
      ),
  };
}

function tokenOf({ state, reason, tokenVersion, refreshToken }: z.infer<typeof tokenAnswer>): ConsultantToken {
  const secret = refreshToken == null ? null : new Secret(refreshToken);
  if (state !== "connected") {
    return {
      kind: "unusable",
      state,
      reason: reason ?? null,
      tokenVersion: tokenVersion ?? null,
      refreshToken: secret,
    };
  }
  return secret === null || tokenVersion == null
    ? {
        kind: "unusable",
        state: "token_unreadable",
        reason: null,
        tokenVersion: tokenVersion ?? null,
        refreshToken: null,
      }
    : { kind: "usable", refreshToken: secret, tokenVersion };
}
