import { existsSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalDatabase, startDatabase } from "./start-database.ts";

let database: LocalDatabase;
let other: LocalDatabase;
beforeAll(async () => {
  [database, other] = await Promise.all([startDatabase(), startDatabase()]);
});
afterAll(() => Promise.all([database.stop(), other.stop()]));

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

it("several run side by side, each with its own data", async () => {
  await rows(database.databaseUrl, "insert into public.services (name) values ('only here')");
  expect(await rows(other.databaseUrl, "select name from public.services")).toEqual([]);
});

it("a crash keeps what was committed and empties pg_net's queue, as on the platform", async () => {
  await rows(database.databaseUrl, "insert into public.services (name) values ('kept')");
  await rows(database.databaseUrl, "select net.http_get('http://127.0.0.1:1/')");
  await database.crashAndRestart();
  expect(await rows(database.databaseUrl, "select name from public.services where name = 'kept'")).toHaveLength(1);
  expect(await rows(database.databaseUrl, "select 1 from net.http_request_queue")).toEqual([]);
});

it("stopping removes the data directory and ends the server", async () => {
  const third = await startDatabase();
  const [row] = (await rows(third.adminDatabaseUrl, "show data_directory")) as [{ data_directory: string }];
  await third.stop();
  expect(existsSync(row.data_directory)).toBe(false);
  await expect(rows(third.databaseUrl, "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
