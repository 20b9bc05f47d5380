import type { Supabase } from "#supabase/client.ts";
import { answered } from "./operator-database.ts";

/** What asking for a look at a booking would do. */
export interface BookingVerdict {
  readonly id: string;
  readonly verdict: string;
}

const SENTENCES: Readonly<Record<string, string>> = {
  queue: "is looked at again",
  waiting: "waits for the relay already",
  unknown: "there is no such booking",
  not_in_pipeline: "was never confirmed, or is from before the migrations (npm run ops -- backfill)",
  recording_failed: "its recording failed, not its calendar; npm run ops -- replay --failed-recordings may help",
};

export async function judgeBookings(supabase: Supabase, ids: readonly string[]): Promise<BookingVerdict[]> {
  const rows = answered(await supabase.rpc("judge_bookings", { p_booking_ids: [...ids] })) ?? [];
  return rows.map(({ booking_id: id, verdict }) => ({ id, verdict }));
}

/** How many were queued: those that wait already, or that a look cannot help, are left alone. */
export async function queueBookings(
  supabase: Supabase,
  { ids, command }: { readonly ids: readonly string[]; readonly command: "replay" | "resync" },
): Promise<number> {
  return answered(await supabase.rpc("queue_bookings", { p_booking_ids: [...ids], p_command: command })) ?? 0;
}

export const describeVerdict = (verdict: string): string => SENTENCES[verdict] ?? verdict;
