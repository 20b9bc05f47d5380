import { backfillSlot, calendarRead } from "#contracts/backfill-rows.ts";
import type { BackfillProposal, BackfillSlot } from "#domain/backfill-proposal.ts";
import type { BackfillStore } from "#ports/backfill-store.ts";
import { assertWritten, dataOf, type Supabase } from "#supabase/client.ts";
import { toJson } from "#supabase/json.ts";

/** PostgREST gives at most 1,000 rows an answer (db/supabase/config.toml). */
const PAGE = 1_000;

export function makeBackfillStore(supabase: Supabase): BackfillStore {
  return {
    begin: async ({ backfillId, userId }) =>
      calendarRead.parse(
        dataOf(await supabase.rpc("begin_calendar_read", { p_backfill_id: backfillId, p_user_id: userId })),
      ),
    slots: async ({ backfillId, userId }) => {
      const slots: BackfillSlot[] = [];
      for (let last: string | undefined, page = PAGE; page === PAGE; last = slots.at(-1)?.bookingId) {
        const after = last === undefined ? {} : { p_after: last };
        const key = { p_backfill_id: backfillId, p_user_id: userId, p_limit: PAGE, ...after };
        const rows = dataOf(await supabase.rpc("list_backfill_slots", key));
        slots.push(...rows.map((row) => backfillSlot.parse(row)));
        page = rows.length;
      }
      return slots;
    },
    propose: async ({ backfillId }, { calendarId, proposals }) => {
      for (let from = 0; from < proposals.length; from += PAGE) {
        const rows = proposals.slice(from, from + PAGE).map((proposal) => ({ ...rowOf(proposal), calendarId }));
        const page = { p_backfill_id: backfillId, p_proposals: toJson(rows) };
        assertWritten(await supabase.rpc("save_backfill_proposals", page));
      }
    },
    finish: async ({ backfillId, userId }, end) =>
      assertWritten(
        await supabase.rpc("finish_calendar_read", {
          p_backfill_id: backfillId,
          p_user_id: userId,
          // The generated type knows no nullable arguments; null says that nothing is wrong.
          p_problem: (end.kind === "read" ? null : end.problem) as string,
          p_final: end.kind !== "waits",
          p_connected: end.kind !== "not_connected",
        }),
      ),
  };
}

/** Of the event only what tells it: no title and no guest is stored. */
function rowOf(proposal: BackfillProposal) {
  const { action, bookingId } = proposal;
  if (proposal.action === "create") return { action, bookingId };
  const { id: eventId, etag } = proposal.event;
  const reason = proposal.action === "conflict" ? proposal.reason : null;
  return { action, bookingId, reason, eventId, etag };
}
