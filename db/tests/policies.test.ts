import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type Sql, type TestDatabase, type TestUser } from "#testing/database.ts";
import { policies } from "./catalogue.ts";

/**
 * Every policy: the rows that its owner sees in the scene below, and what a stranger sees of them.
 * A policy without an entry fails the tests.
 */
const expectations: Record<string, { table: string; owner: number; stranger: number }> = {
  "public.bookings bookings_read_own (select) to authenticated": { table: "bookings", owner: 1, stranger: 0 },
  "public.consultants consultants_read_own (select) to authenticated": { table: "consultants", owner: 1, stranger: 0 },
  "public.google_connections google_connections_read_own (select) to authenticated": {
    table: "google_connections",
    owner: 1,
    stranger: 0,
  },
  "public.recordings recordings_read_own (select) to authenticated": { table: "recordings", owner: 1, stranger: 0 },
  // What a service is called and how long it takes is no secret among consultants.
  "public.services services_read (select) to authenticated": { table: "services", owner: 1, stranger: 1 },
  "public.transcript_segments transcript_segments_read_own (select) to authenticated": {
    table: "transcript_segments",
    owner: 1,
    stranger: 0,
  },
  "public.transcripts transcripts_read_own (select) to authenticated": { table: "transcripts", owner: 1, stranger: 0 },
};

let database: TestDatabase;
let owner: TestUser;
let stranger: TestUser;
beforeAll(async () => {
  database = await openTestDatabase();
  owner = await database.createUser();
  stranger = await database.createUser();
  await arrangeScene(database.sql, owner);
});
afterAll(() => database.close());

/** A consultant with one of everything that a policy shows. */
async function arrangeScene(sql: Sql, user: TestUser): Promise<void> {
  await sql(
    `with service as (insert into public.services (name) values ('Consultation') returning id),
      consultant as (insert into public.consultants (user_id, name, email) values ($1, 'Ada', $2) returning id)
    insert into public.bookings (service_id, consultant_id, status, starts_at, ends_at, customer_name)
    select service.id, consultant.id, 'confirmed', now(), now() + interval '1 hour', 'Grace' from service, consultant`,
    [user.id, user.email],
  );
  await sql(
    "insert into public.google_connections (user_id, google_sub, google_email, state) values ($1, '1', $2, 'connected')",
    [user.id, user.email],
  );
  await sql(
    `with recording as (
      insert into public.recordings (user_id, recording_name, conference_record)
      values ($1, 'conferenceRecords/a/recordings/b', 'conferenceRecords/a') returning id
    ), transcript as (
      insert into public.transcripts (recording_id, sources, generation, words, speakers)
      select id, 'gs://bucket/object', 1, 2, 'none' from recording returning recording_id
    )
    insert into public.transcript_segments (recording_id, position, speaker_source, starts_ms, ends_ms, text)
    select recording_id, 0, 'none', 0, 900, 'hello there' from transcript`,
    [user.id],
  );
}

const countAs = async (user: TestUser, table: string): Promise<number> =>
  (await database.asRole("authenticated", { sub: user.id })(`select 1 from public.${table}`)).length;

describe("policies", () => {
  it("are all expected here", async () => {
    expect(await policies(database.sql)).toEqual(Object.keys(expectations).sort());
  });

  it.each(Object.entries(expectations))(
    "%s shows its owner's rows to the owner",
    async (_policy, { table, owner: rows }) => {
      expect(await countAs(owner, table)).toBe(rows);
    },
  );

  it.each(Object.entries(expectations))("%s keeps a stranger to what is everybody's", async (_policy, expected) => {
    expect(await countAs(stranger, expected.table)).toBe(expected.stranger);
  });

  it.each(Object.values(expectations))("nobody reads $table without signing in", async ({ table }) => {
    const attempt = database.asRole("anon")(`select 1 from public.${table}`);
    await expect(attempt).rejects.toMatchObject({ code: "42501" });
  });

  it.each(Object.values(expectations))("a consultant cannot write to $table, not even own rows", async ({ table }) => {
    const asOwner = database.asRole("authenticated", { sub: owner.id });
    await expect(asOwner(`delete from public.${table}`)).rejects.toMatchObject({ code: "42501" });
    await expect(asOwner(`insert into public.${table} default values`)).rejects.toMatchObject({ code: "42501" });
  });
});
