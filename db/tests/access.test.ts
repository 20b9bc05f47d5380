import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import {
  apiGrants,
  functionsWithOpenSearchPath,
  overloadedFunctions,
  tablesWithoutPolicy,
  tablesWithoutRowSecurity,
  unindexedForeignKeys,
  viewsWithOwnerRights,
} from "./catalogue.ts";
import { serverOnlyTables } from "./server-only-tables.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe("every table", () => {
  it("has row level security", async () => {
    expect(await tablesWithoutRowSecurity(database.sql)).toEqual([]);
  });

  it("has a policy, or is named as server-only", async () => {
    expect(await tablesWithoutPolicy(database.sql)).toEqual([...serverOnlyTables].sort());
  });

  it("has an index for each of its foreign keys", async () => {
    expect(await unindexedForeignKeys(database.sql)).toEqual([]);
  });
});

describe("API roles", () => {
  // The committed file is the allow-list, in the open for review. Add a right on purpose with `vitest run db/tests/access.test.ts --update`.
  it("hold the rights in the allow-list and no other", async () => {
    const grants = await apiGrants(database.sql);
    await expect(`${grants.join("\n")}\n`).toMatchFileSnapshot("api-grants.txt");
  });

  it("leave nothing to PUBLIC", async () => {
    const toPublic = (await apiGrants(database.sql)).filter((line) => line.startsWith("PUBLIC"));
    // Postgres itself lets everybody look into schema public.
    expect(toPublic).toEqual(["PUBLIC usage on schema public"]);
  });

  it("give anon no right at all beyond entering the schema", async () => {
    const toAnon = (await apiGrants(database.sql)).filter((line) => line.startsWith("anon"));
    expect(toAnon).toEqual(["anon usage on schema public"]);
  });

  it("cannot enter schema private, whatever it contains", async () => {
    for (const role of ["anon", "authenticated", "service_role"] as const) {
      await expect(database.asRole(role)("select 1 from private.outbox")).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("cannot touch a server-only table", async () => {
    for (const table of serverOnlyTables) {
      for (const role of ["anon", "authenticated", "service_role"] as const) {
        const attempt = database.asRole(role)(`select 1 from ${table}`);
        await expect(attempt, `${role} on ${table}`).rejects.toMatchObject({ code: "42501" });
      }
    }
  });
});

describe("every function", () => {
  it("pins its search path", async () => {
    expect(await functionsWithOpenSearchPath(database.sql)).toEqual([]);
  });

  it("has a name of its own", async () => {
    expect(await overloadedFunctions(database.sql)).toEqual([]);
  });
});

describe("every view", () => {
  it("reads with the rights of who asks", async () => {
    expect(await viewsWithOwnerRights(database.sql)).toEqual([]);
  });
});
