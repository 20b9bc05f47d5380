// npm run check compares; `node scripts/checks/database-types.ts --write` renews the file after a new migration.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startDatabase } from "../local/database/start-database.ts";
import { supabaseCli } from "../local/database/supabase-cli.ts";

/** Where the generated types live. */
export const databaseTypesFile = fileURLToPath(new URL("../../shared/supabase/database.types.ts", import.meta.url));

const header = "// Generated from the migrations by scripts/checks/database-types.ts --write. Do not edit.\n";
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The types of schema `public` as the Supabase CLI writes them, formatted as the rest of the code.
 * @param databaseUrl a migrated database; a fresh one is started when absent
 */
export async function generate(databaseUrl?: string): Promise<string> {
  if (databaseUrl !== undefined) return format(header + (await generateFrom(databaseUrl)));
  const database = await startDatabase();
  try {
    return await generate(database.databaseUrl);
  } finally {
    await database.stop();
  }
}

/** True when the committed file is what the migrations give. */
export async function databaseTypesAreCurrent(databaseUrl?: string): Promise<boolean> {
  const [committed, generated] = await Promise.all([readFile(databaseTypesFile, "utf8"), generate(databaseUrl)]);
  return committed === generated;
}

async function generateFrom(databaseUrl: string): Promise<string> {
  const args = ["gen", "types", "--lang=typescript", `--remote=${databaseUrl}`, "--schema=public"];
  const { exitCode, stdout, stderr } = await supabaseCli(args);
  // The CLI's notices share stdout with its result.
  const start = stdout.indexOf("export type Json");
  if (exitCode !== 0 || start < 0) throw new Error(`supabase gen types failed:\n${stdout}${stderr}`);
  return stdout.slice(start);
}

/** Biome's own settings leave the generated file alone, so it is formatted under another name. */
function format(source: string): Promise<string> {
  const biome = path.join(path.dirname(createRequire(import.meta.url).resolve("@biomejs/biome/package.json")), "bin");
  const args = [path.join(biome, "biome"), "format", "--stdin-file-path=shared/supabase/generated.ts"];
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd: projectFolder }, (error, stdout, stderr) => {
      if (error) reject(new Error(`biome format failed: ${stderr}`, { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.end(source);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) {
    await writeFile(databaseTypesFile, await generate());
  } else if (!(await databaseTypesAreCurrent())) {
    process.stderr.write("shared/supabase/database.types.ts is stale: node scripts/checks/database-types.ts --write\n");
    process.exitCode = 1;
  }
}
