import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../db/supabase/migrations", import.meta.url));

/** Versions of the migrations in this checkout, which a database of this release has all applied. */
export async function releaseMigrations(): Promise<string[]> {
  const files = await readdir(folder);
  return files.flatMap((file) => /^(\d+)_.*\.sql$/.exec(file)?.[1] ?? []).sort();
}
