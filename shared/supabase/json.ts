import { storableText } from "#kernel/text.ts";
import type { Json } from "#supabase/database.types.ts";

/** A value as jsonb can hold it: dates as ISO text, no undefined, no NUL, no lone surrogate. */
export function toJson(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value, (_key, part) => (typeof part === "string" ? storableText(part) : part)),
  ) as Json;
}
