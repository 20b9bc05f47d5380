import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";

const URL = "https://relay-outbox-1.europe-west4.run.app";
const KEY = "0a".repeat(32);
const OTHER_KEY = "0b".repeat(32);

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.sql("delete from vault.secrets where name like 'relay%'"));

async function call(name: "set" | "compare", url: string | null, key: string | null): Promise<unknown> {
  const rows = await database.asRole("service_role")(`select public.${name}_relay_settings($1, $2) as answer`, [
    url,
    key,
  ]);
  return (rows as { answer: unknown }[])[0]?.answer;
}
const inVault = async (): Promise<unknown> =>
  await database.sql(
    "select name, decrypted_secret as value from vault.decrypted_secrets where name like 'relay%' order by 1",
  );

describe("the relay's settings", () => {
  it("are stored, replaced, and left alone when they are right", async () => {
    expect(await call("set", URL, KEY)).toEqual({ url: "missing", pingKey: "missing" });
    expect(await call("set", URL, OTHER_KEY)).toEqual({ url: "same", pingKey: "different" });
    const written = await database.sql("select updated_at from vault.secrets where name like 'relay%' order by name");
    expect(await call("set", URL, OTHER_KEY)).toEqual({ url: "same", pingKey: "same" });

    expect(await inVault()).toEqual([
      { name: "relay_outbox_url", value: URL },
      { name: "relay_ping_key", value: OTHER_KEY },
    ]);
    expect(await database.sql("select updated_at from vault.secrets where name like 'relay%' order by name")).toEqual(
      written,
    );
  });

  it("are compared without being changed, and one may be left out", async () => {
    await call("set", URL, null);
    expect(await call("compare", URL, KEY)).toEqual({ url: "same", pingKey: "missing" });
    expect(await call("compare", "https://other.example", null)).toEqual({ url: "different", pingKey: null });
    expect(await inVault()).toEqual([{ name: "relay_outbox_url", value: URL }]);
  });

  it("are written once by twenty who write them at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call("set", URL, KEY)));
    expect(answers.filter((answer) => (answer as { url: string }).url === "missing")).toHaveLength(1);
    expect(await inVault()).toHaveLength(2);
  });

  it.each([
    ["plain http", "http://relay.example", null],
    ["an address that ends the text early", "https://relay.example\nx", null],
    ["loopback's name within another", "http://localhost.evil.example", null],
    ["no address", "somewhere", null],
    ["a short key", null, "abc"],
    ["a key with a line end", null, `${KEY}\n`],
  ])("refuse %s, and the message shows no value", async (_what, url, key) => {
    const error = await call("set", url, key).then(
      () => null,
      (thrown: Error & { code: string }) => thrown,
    );
    expect(error?.code).toBe("22023");
    expect(error?.message).not.toContain(key ?? url);
    expect(await inVault()).toEqual([]);
  });

  it.each(["anon", "authenticated"] as const)("are out of reach for %s", async (role) => {
    for (const name of ["set", "compare"]) {
      await expect(database.asRole(role)(`select public.${name}_relay_settings()`)).rejects.toMatchObject({
        code: "42501",
      });
    }
  });
});
