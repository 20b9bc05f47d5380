import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { applyMigrations, migrationTarget, pendingMigrations, readMigration } from "./migrations.ts";
import { makeRunProcess } from "./run-process.ts";
import { assertAdditive } from "./stops.ts";

const root = path.resolve(import.meta.dirname, "../..");
const PROJECT = "https://abcdefghijklmnopqrst.supabase.co";

describe("the migrations of this checkout", () => {
  it("each say in their first line whether they break anything, and none does", async () => {
    const folder = path.join(root, "db/supabase/migrations");
    const all = await Promise.all(readdirSync(folder).map((file) => readMigration(file, folder)));
    expect(all.filter(({ breaking }) => breaking)).toEqual([]);
    expect(all.length).toBeGreaterThan(30);
  });
});

describe("a migration", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "migrations-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["-- not breaking: adds a column", false],
    ["-- breaking: drops a column", true],
    ["alter table public.bookings drop column title;", true],
    ["", true],
  ])("that begins with %o is breaking: %o", async (text, breaking) => {
    writeFileSync(path.join(folder, "1_x.sql"), `${text}\nselect 1;\n`);
    const migration = await readMigration("1_x.sql", folder);
    expect(migration.breaking).toBe(breaking);
    const check = () => assertAdditive([migration], { allowBreaking: false });
    if (breaking) expect(check).toThrow(/1_x\.sql.*\n.*--allow-breaking/s);
    else expect(check).not.toThrow();
    expect(() => assertAdditive([migration], { allowBreaking: true })).not.toThrow();
  });
});

describe("where migrations go", () => {
  const pooler =
    "postgresql://postgres.abcdefghijklmnopqrst:s%2Fcret@aws-0-eu-central-1.pooler.supabase.com:5432/postgres";

  it("is the project of the environment when nothing else is said", () => {
    expect(migrationTarget(PROJECT, {})).toMatchObject({ remote: "abcdefghijklmnopqrst" });
  });

  it("is the database's address, whose password goes another way", () => {
    const target = migrationTarget(PROJECT, { SUPABASE_DB_URL: pooler });
    expect(target).toMatchObject({ remote: pooler.replace(":s%2Fcret", ""), env: { PGPASSWORD: "s/cret" } });
    const apart = { SUPABASE_DB_URL: target.remote, SUPABASE_DB_PASSWORD: "other" };
    expect(migrationTarget(PROJECT, apart)).toMatchObject({ env: { PGPASSWORD: "other" } });
  });

  it.each([
    ["another project's pooler", pooler.replace("abcdefghijklmnopqrst", "tsrqponmlkjihgfedcba"), /another project/],
    [
      "another project's database",
      "postgresql://postgres@db.tsrqponmlkjihgfedcba.supabase.co/postgres",
      /another project/,
    ],
    ["no database", "https://abcdefghijklmnopqrst.supabase.co", /no address of a database/],
  ])("is never %s", (_what, SUPABASE_DB_URL, sentence) => {
    expect(() => migrationTarget(PROJECT, { SUPABASE_DB_URL })).toThrow(sentence);
  });

  it("must be said for a project outside supabase.co", () => {
    expect(() => migrationTarget("https://supabase.acme.com", {})).toThrow(/Set SUPABASE_DB_URL/);
  });
});

describe("a database that lacks a migration", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it("is told apart by the real Supabase CLI, gets it, and lacks nothing afterwards", async () => {
    const version = "20261120000610";
    await database.sql("delete from supabase_migrations.schema_migrations where version = $1", [version]);
    await database.sql("drop function public.set_relay_settings, public.compare_relay_settings");
    const lines: string[] = [];
    const run = makeRunProcess({
      ...{ cwd: root, say: (line) => void lines.push(line), interrupted: new AbortController().signal },
    });
    const target = migrationTarget("http://127.0.0.1", { SUPABASE_DB_URL: database.url });
    expect(await pendingMigrations(run, target)).toEqual([
      {
        ...{ file: `${version}_create_relay_settings.sql`, breaking: false },
        what: expect.stringContaining("where the relay listens"),
      },
    ]);
    expect(await applyMigrations(run, target)).toEqual([`${version}_create_relay_settings.sql`]);
    expect(await pendingMigrations(run, target)).toEqual([]);
    expect(
      await database.sql("select to_regprocedure('public.set_relay_settings(text,text)') is not null as there"),
    ).toEqual([{ there: true }]);
    expect(lines).toEqual([]);
  });

  it("refuses a wrong password in a sentence that says what to set", async () => {
    const wrong = new URL(database.url);
    wrong.password = "wrong-canary";
    const run = makeRunProcess({ cwd: root, say: () => undefined, interrupted: new AbortController().signal });
    const target = migrationTarget("http://127.0.0.1", { SUPABASE_DB_URL: wrong.href });
    const error = await pendingMigrations(run, target).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(/password authentication failed.*Set SUPABASE_DB_PASSWORD/);
    expect((error as Error).message).not.toContain("wrong-canary");
  });
});
