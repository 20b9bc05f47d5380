import { z } from "zod";
import type { GoogleConnectionStore } from "#ports/google-connection-store.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";
import { databaseError } from "#supabase/errors.ts";
import { toJson } from "#supabase/json.ts";

const connectAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("connected"), accountChanged: z.boolean(), resumed: z.number().int() }),
  z.object({ kind: z.literal("refresh_token_missing") }),
]);

const statusRow = z
  .object({
    state: z.enum(["connected", "needs_reconnect", "disconnected"]),
    reason: z.string().nullable(),
    google_email: z.string(),
    granted_scopes: z.array(z.string()),
    since: z.iso.datetime({ offset: true }),
  })
  .transform(({ google_email, granted_scopes, since, ...row }) => ({
    ...row,
    email: google_email,
    scopes: granted_scopes,
    since: new Date(since),
  }));

export function makeGoogleConnectionStore(supabase: Supabase): GoogleConnectionStore {
  return {
    connect: async (userId, { refreshToken, ...account }) =>
      connectAnswer.parse(
        dataOf(
          await supabase.rpc("connect_google", {
            p_user_id: userId,
            p_account: toJson(account),
            // An empty text stands for none: generated argument types know no null.
            p_refresh_token: refreshToken?.reveal() ?? "",
          }),
        ),
      ),
    status: async (userId) => {
      const { data, error } = await supabase
        .from("google_connections")
        .select("state, reason, google_email, granted_scopes, since")
        .eq("user_id", userId)
        .maybeSingle();
      if (error !== null) throw databaseError(error);
      return data === null ? null : statusRow.parse(data);
    },
    beginDisconnect: async (userId) => {
      const { data, error } = await supabase.rpc("disconnect_google", { p_user_id: userId });
      if (error !== null) throw databaseError(error);
      return data ?? null;
    },
    finishDisconnect: async (userId, tokenVersion) =>
      dataOf(await supabase.rpc("forget_google_token", { p_user_id: userId, p_token_version: tokenVersion })),
    unfinishedDisconnects: async (olderThanSeconds) =>
      dataOf(await supabase.rpc("unfinished_google_disconnects", { p_older_than_seconds: olderThanSeconds })).map(
        ({ user_id, token_version }) => ({ userId: user_id, tokenVersion: token_version }),
      ),
  };
}
