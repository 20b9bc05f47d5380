import { createHash } from "node:crypto";
import type { RejectionLog } from "#ports/rejection-log.ts";
import { assertWritten, type Supabase } from "#supabase/client.ts";

export function makeRejectionLog(supabase: Supabase): RejectionLog {
  return {
    record: async ({ edge, reason, body }) =>
      assertWritten(
        await supabase.rpc("record_rejected_input", {
          p_edge: edge,
          p_reason: reason,
          p_size_bytes: Buffer.byteLength(body),
          p_sha256: createHash("sha256").update(body).digest("hex"),
        }),
      ),
  };
}
