import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "./database.ts";

describe("a test database", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it("acts as a role that is no superuser, so that its permissions mean something", async () => {
    const [who] = await database.sql(
      "select current_user as name, rolsuper from pg_roles where rolname = current_user",
    );
    expect(who).toEqual({ name: "postgres", rolsuper: false });
  });

  it("carries the migrations", async () => {
    const [found] = await database.sql("select to_regclass('public.bookings') is not null as bookings");
    expect(found).toEqual({ bookings: true });
  });

  it("acts as a signed-in user for one statement and as itself afterwards", async () => {
    const user = await database.createUser();
    const asUser = database.asRole("authenticated", { sub: user.id, email: user.email });
    expect(await asUser("select current_user as role, auth.uid() as id, auth.email() as email")).toEqual([
      { role: "authenticated", ...user },
    ]);
    expect(await database.sql("select current_user as role, auth.uid() as id")).toEqual([
      { role: "postgres", id: null },
    ]);
  });

  it("is the caller's own", async () => {
    const other = await openTestDatabase();
    try {
      await other.createUser("only@example.com");
      expect(await database.sql("select 1 from auth.users where email = 'only@example.com'")).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it("answers supabase-js as service_role and as a user", async () => {
    const api = await database.api();
    const user = await database.createUser();
    await database.sql("insert into public.consultants (user_id, name, email) values ($1, 'Ada', $2)", [
      user.id,
      user.email,
    ]);
    await database.sql("insert into public.consultants (name, email) values ('Bob', 'bob@example.com')");
    const all = await api.service.from("consultants").select("name").order("name");
    const own = await api.asUser(user).from("consultants").select("name");
    expect([all.data, own.data]).toEqual([[{ name: "Ada" }, { name: "Bob" }], [{ name: "Ada" }]]);
  });
});
