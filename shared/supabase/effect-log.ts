import type { EffectLog } from "#ports/effect-log.ts";
import { assertWritten, type Supabase } from "#supabase/client.ts";
import { toJson } from "#supabase/json.ts";

export function makeEffectLog(supabase: Supabase): EffectLog {
  return {
    record: async (effects) => assertWritten(await supabase.rpc("record_effects", { p_effects: toJson(effects) })),
  };
}
