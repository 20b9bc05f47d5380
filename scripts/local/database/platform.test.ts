import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const refused = { code: "42501" };

describe("the vault stand-in", () => {
  it("gives back what was put in, and keeps only ciphertext", async () => {
    await database.sql("select vault.create_secret($1, 'key-one', 'a key')", ["größte Geheimnis"]);
    const [row] = await database.sql<{ secret: string; decrypted_secret: string }>(
      "select secret, decrypted_secret from vault.decrypted_secrets where name = 'key-one'",
    );
    expect(row?.decrypted_secret).toBe("größte Geheimnis");
    expect(Buffer.from(row?.secret ?? "", "base64").toString("latin1")).not.toContain("Geheimnis");
  });

  it("changes what it is given and leaves the rest", async () => {
    const [created] = await database.sql<{ id: string }>("select vault.create_secret('old', 'key-two') as id");
    await database.sql("select vault.update_secret($1, new_secret := 'new')", [created?.id]);
    await database.sql("select vault.update_secret($1, new_description := 'described')", [created?.id]);
    expect(
      await database.sql("select name, description, decrypted_secret from vault.decrypted_secrets where id = $1", [
        created?.id,
      ]),
    ).toEqual([{ name: "key-two", description: "described", decrypted_secret: "new" }]);
  });

  it("refuses a second secret of the same name", async () => {
    await database.sql("select vault.create_secret('a', 'key-three')");
    await expect(database.sql("select vault.create_secret('b', 'key-three')")).rejects.toMatchObject({ code: "23505" });
  });

  it("does not decrypt a ciphertext that was moved to another row", async () => {
    const [from] = await database.sql<{ id: string }>("select vault.create_secret('mine', 'key-four') as id");
    const [to] = await database.sql<{ id: string }>("select vault.create_secret('yours', 'key-five') as id");
    await database.adminSql(
      "update vault.secrets t set secret = s.secret, nonce = s.nonce from vault.secrets s where t.id = $1 and s.id = $2",
      [to?.id, from?.id],
    );
    const reading = database.sql("select decrypted_secret from vault.decrypted_secrets where id = $1", [to?.id]);
    await expect(reading).rejects.toThrow("invalid ciphertext");
    await database.sql("delete from vault.secrets where id = $1", [to?.id]);
  });

  it("is closed to API users and hides its root key and its tables from the owner of the database", async () => {
    for (const role of ["anon", "authenticated"] as const) {
      await expect(database.asRole(role)("select 1 from vault.decrypted_secrets")).rejects.toMatchObject(refused);
    }
    await expect(database.sql("select key from vault._root_key")).rejects.toMatchObject(refused);
    await expect(database.sql("insert into vault.secrets (secret) values ('x')")).rejects.toMatchObject(refused);
    await expect(database.sql("select vault._derive_key('encrypt', 0, 'x')")).rejects.toMatchObject(refused);
  });
});

describe("the auth stand-in", () => {
  it("knows the user of a request, and nobody without one", async () => {
    const sub = crypto.randomUUID();
    const read = "select auth.uid() as uid, auth.role() as role, auth.jwt() ->> 'sub' as sub";
    expect(await database.asRole("authenticated", { sub })(read)).toEqual([{ uid: sub, role: "authenticated", sub }]);
    expect(await database.sql(read)).toEqual([{ uid: null, role: null, sub: null }]);
  });

  it("hides its users from API roles and its definitions from the owner of the database", async () => {
    await expect(database.asRole("authenticated")("select 1 from auth.users")).rejects.toMatchObject(refused);
    await expect(database.asRole("service_role")("select 1 from auth.users")).rejects.toMatchObject(refused);
    await expect(database.sql("alter table auth.users add column mine text")).rejects.toMatchObject(refused);
  });
});

describe("the owner of the database", () => {
  it("cannot do what the platform keeps to itself", async () => {
    const attempts = [
      "create event trigger mine on ddl_command_end execute function extensions.pgrst_ddl_watch()",
      "create table vault.mine ()",
      "create table net.mine ()",
      "create table auth.mine ()",
    ];
    for (const attempt of attempts) await expect(database.sql(attempt), attempt).rejects.toMatchObject(refused);
  });

  it("gives API roles nothing by creating a table", async () => {
    await database.sql("create table public.fresh (id int)");
    for (const role of ["anon", "authenticated", "service_role"] as const) {
      await expect(database.asRole(role)("select 1 from public.fresh")).rejects.toMatchObject(refused);
    }
    await database.sql("drop table public.fresh");
  });
});
