import type { Supabase } from "#supabase/client.ts";
import { CommandError } from "./command.ts";
import { answered } from "./operator-database.ts";

/** A mistyped id must not look like a consultant without bookings. */
export async function assertConsultant(supabase: Supabase, id: string): Promise<void> {
  const rows = answered(await supabase.from("consultants").select("id").eq("id", id).limit(1));
  if ((rows ?? []).length > 0) return;
  throw new CommandError(`There is no consultant ${id}: consultants.id is meant, not their user's id.`);
}
