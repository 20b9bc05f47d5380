import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { supabaseCli } from "../../scripts/local/database/supabase-cli.ts";
import { serverOnlyTables } from "./server-only-tables.ts";

interface Advice {
  readonly name: string;
  readonly level: "ERROR" | "WARN" | "INFO";
  readonly detail: string;
  readonly metadata: { readonly schema: string; readonly name: string };
}

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

async function advisors(): Promise<Advice[]> {
  const args = ["db", "advisors", `--remote=${database.url}`, "--level=info", "--output-format=json"];
  const { stdout, stderr } = await supabaseCli(args);
  const json = stdout.slice(stdout.indexOf("{"));
  if (!json.startsWith('{"results"')) throw new Error(`supabase db advisors: ${stdout}${stderr}`);
  return (JSON.parse(json) as { results: Advice[] }).results;
}

/** On a fresh database no index was ever used; a server-only table has no policy on purpose. */
function isExpected({ name, metadata }: Advice): boolean {
  if (name === "unused_index") return true;
  return name === "rls_enabled_no_policy" && serverOnlyTables.includes(`${metadata.schema}.${metadata.name}`);
}

it("Supabase's advisors find nothing: no error, no warning, no unexpected hint", async () => {
  const unexpected = (await advisors()).filter((advice) => !isExpected(advice));
  expect(unexpected.map(({ level, name, detail }) => `${level} ${name}: ${detail}`)).toEqual([]);
});

it("Supabase's advisors would see a table without protection", async () => {
  await database.sql("create table public.careless (id int); grant select on public.careless to anon");
  const errors = (await advisors()).filter(({ level }) => level === "ERROR");
  expect(errors.map(({ name }) => name)).toContain("rls_disabled_in_public");
  await database.sql("drop table public.careless");
});
