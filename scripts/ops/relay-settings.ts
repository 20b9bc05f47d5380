import { z } from "zod";
import type { Secret } from "#kernel/secret.ts";
import type { Supabase } from "#supabase/client.ts";
import { answered } from "./operator-database.ts";

const standing = z.enum(["missing", "different", "same"]).nullable();

/** How what the database's Vault holds stands to a value; null: not asked about. */
const comparison = z.object({ url: standing, pingKey: standing });
export type RelayComparison = z.infer<typeof comparison>;

export interface RelaySettings {
  readonly url?: string;
  readonly pingKey?: Secret;
}

/** Changes nothing. */
export async function compareRelaySettings(database: Supabase, settings: RelaySettings): Promise<RelayComparison> {
  return comparison.parse(answered(await database.rpc("compare_relay_settings", argumentsOf(settings))));
}

/** Stores what is missing or different, in one transaction, and answers how it stood before. */
export async function setRelaySettings(database: Supabase, settings: RelaySettings): Promise<RelayComparison> {
  return comparison.parse(answered(await database.rpc("set_relay_settings", argumentsOf(settings))));
}

const argumentsOf = ({ url, pingKey }: RelaySettings) => ({
  ...(url !== undefined && { p_url: url }),
  ...(pingKey !== undefined && { p_ping_key: pingKey.reveal() }),
});
