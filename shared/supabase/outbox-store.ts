import { outboxRows } from "#contracts/outbox-row.ts";
import type { OutboxStore } from "#ports/outbox-store.ts";
import { dataOf, type Supabase } from "#supabase/client.ts";
import { toJson } from "#supabase/json.ts";

export function makeOutboxStore(supabase: Supabase): OutboxStore {
  return {
    next: async ({ published, failed, limit, claimSeconds, skippedTopics }) =>
      outboxRows.parse(
        dataOf(
          await supabase.rpc("relay_outbox_batch", {
            p_published: [...published],
            p_failed: toJson(failed),
            p_limit: limit,
            p_claim_seconds: claimSeconds,
            p_skipped_topics: [...skippedTopics],
          }),
        ),
      ),
    useNonce: async (nonce) => dataOf(await supabase.rpc("use_relay_nonce", { p_nonce: nonce })),
  };
}
