import { z } from "zod";
import type { Supabase } from "#supabase/client.ts";
import { CommandError } from "../command.ts";
import { answered } from "../operator-database.ts";

/** How many items of a backfill are alike. */
const group = z.object({
  action: z.enum(["create", "adopt", "skip", "conflict"]),
  reason: z.string().nullable(),
  decision: z.enum(["adopt", "create", "skip"]).nullable(),
  standing: z.string(),
  count: z.int(),
});
export type BackfillGroup = z.infer<typeof group>;

/** Answer of `read_backfill`: a plan, and how far it was carried out. */
const record = z.object({
  id: z.int(),
  consultantId: z.string().nullable(),
  plannedAt: z.string(),
  appliedAt: z.string().nullable(),
  undoneAt: z.string().nullable(),
  /** The database's clock. */
  now: z.string(),
  calendars: z.object({ asked: z.int(), read: z.int() }),
  problems: z.array(z.object({ problem: z.string(), count: z.int() })),
  groups: z.array(group),
});
export type BackfillRecord = z.infer<typeof record>;

/** Which backfill, and of whom of it; `consultantId` null: of everybody. */
export interface BackfillScope {
  readonly supabase: Supabase;
  readonly id: number;
  readonly consultantId: string | null;
}

export const ofConsultant = (consultantId: string | null) =>
  consultantId === null ? {} : { p_consultant_id: consultantId };

export async function readBackfill({ supabase, id, consultantId }: BackfillScope): Promise<BackfillRecord> {
  const found = answered(await supabase.rpc("read_backfill", { p_backfill_id: id, ...ofConsultant(consultantId) }));
  if (found === null) throw new CommandError(`There is no backfill ${id}. Is SUPABASE_URL the right project?`);
  return record.parse(found);
}

/** The latest plan that covers the consultant; with `applied` the latest that took bookings up. Null: there is none. */
export async function latestBackfill(
  supabase: Supabase,
  { applied, consultantId }: { readonly applied: boolean; readonly consultantId: string | null },
): Promise<number | null> {
  return answered(await supabase.rpc("latest_backfill", { p_applied: applied, ...ofConsultant(consultantId) }));
}

/** How many of the groups are in one of these standings. */
export function countStandings({ groups }: BackfillRecord, ...standings: readonly string[]): number {
  return sum(groups.filter(({ standing }) => standings.includes(standing)));
}

export const sum = (groups: readonly BackfillGroup[]): number => groups.reduce((total, { count }) => total + count, 0);

/** An item that `--yes` carries out: to be created as proposed or decided, to be adopted only as decided. */
export function isWanted({ action, reason, decision, standing }: BackfillGroup): boolean {
  if (standing !== "planned" || action === "skip" || reason === "calendar_unread") return false;
  const wish = decision ?? action;
  return wish === "create" || (wish === "adopt" && action === "adopt" && decision === "adopt");
}
