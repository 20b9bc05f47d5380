import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "#kernel/secret.ts";
import { insertBooking, readBooking, readOutbox } from "#testing/booking-rows.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import { freshPing, isSigned } from "../../functions/relay-outbox/ping.ts";

const PING_KEY = "the-ping-key-of-this-test";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.sql("select vault.create_secret('http://127.0.0.1:1/relay', 'relay_outbox_url')");
  await database.sql("select vault.create_secret($1, 'relay_ping_key')", [PING_KEY]);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from public.bookings");
  await database.sql("truncate private.outbox, private.booking_tombstones");
  await database.adminSql("truncate net.http_request_queue");
});

const update = (id: string, column: string, value: unknown) =>
  database.sql(`update public.bookings set ${column} = $2 where id = $1`, [id, value]);

async function pings(): Promise<readonly Record<string, string>[]> {
  const rows = await database.adminSql<{ headers: Record<string, string> }>(
    "select headers from net.http_request_queue order by id",
  );
  return rows.map(({ headers }) => headers);
}

async function consultantId(): Promise<string> {
  const [row] = await database.sql<{ id: string }>(
    "insert into public.consultants (name, email) values ('Ada', 'ada@example.com') returning id",
  );
  return row!.id;
}

describe("an inserted booking", () => {
  it("is announced when it is confirmed, and waits as pending", async () => {
    const id = await insertBooking(database.sql);
    expect(await readOutbox(database.sql)).toMatchObject([
      { topic: "booking-events", kind: "booking.changed", bookingId: id, published: false },
    ]);
    expect(await readBooking(database.sql, id)).toMatchObject({ revision: 1, pipeline_status: "pending" });
  });

  it.each(["pending", "cancelled", "declined", "completed"])("is nobody's business while it is %s", async (status) => {
    const id = await insertBooking(database.sql, { status });
    expect(await readOutbox(database.sql)).toEqual([]);
    expect((await readBooking(database.sql, id)).pipeline_status).toBeNull();
  });

  it("carries ids only: nothing of the customer leaves the row", async () => {
    await insertBooking(database.sql, { customerName: "Canary Name", customerEmail: "canary@example.com" });
    const [row] = await database.sql<{ text: string }>("select outbox::text as text from private.outbox outbox");
    expect(row?.text).not.toMatch(/canary/i);
  });

  it("is announced once by an upsert that inserts, and once by one that updates", async () => {
    const id = await insertBooking(database.sql);
    await database.sql(
      `insert into public.bookings (id, status, title, starts_at, ends_at, customer_name)
       values ($1, 'confirmed', 'Upserted', '2030-05-06T10:00:00Z', '2030-05-06T11:00:00Z', 'Grace'),
              (gen_random_uuid(), 'confirmed', 'New', '2030-05-06T10:00:00Z', '2030-05-06T11:00:00Z', 'Bo')
       on conflict (id) do update set title = excluded.title`,
      [id],
    );
    expect((await readOutbox(database.sql, id)).length).toBe(2);
    expect((await readOutbox(database.sql)).length).toBe(3);
  });
});

describe("an updated booking", () => {
  const changes = [
    ["status", "cancelled"],
    ["starts_at", "2030-05-06T10:30:00Z"],
    ["ends_at", "2030-05-06T10:30:00Z"],
    ["time_zone", "America/New_York"],
    ["title", "Another call"],
    ["customer_name", "Rear Admiral Hopper"],
    ["customer_email", null],
    ["meeting_platform", "zoom"],
  ] as const;

  it.each(changes)("is announced once when its %s changes", async (column, value) => {
    const id = await insertBooking(database.sql);
    await update(id, column, value);
    expect((await readOutbox(database.sql, id)).map(({ kind }) => kind)).toEqual([
      "booking.changed",
      "booking.changed",
    ]);
    expect(await readBooking(database.sql, id)).toMatchObject({ revision: 2, pipeline_status: "pending" });
  });

  it("is announced once when its consultant changes", async () => {
    const id = await insertBooking(database.sql);
    await update(id, "consultant_id", await consultantId());
    expect((await readOutbox(database.sql, id)).length).toBe(2);
    expect((await readBooking(database.sql, id)).revision).toBe(2);
  });

  it.each([
    ["notes", "bring coffee"],
    ["customer_phone", "+1 555 0100"],
    ["cancellation_reason", "typo"],
    ["title", "Strategy call"],
    ["starts_at", "2030-05-06T12:00:00+02:00"],
    ["updated_at", "2030-01-01T00:00:00Z"],
  ])("is not announced when only its %s is touched", async (column, value) => {
    const id = await insertBooking(database.sql);
    await update(id, column, value);
    expect((await readOutbox(database.sql, id)).length).toBe(1);
    expect((await readBooking(database.sql, id)).revision).toBe(1);
  });

  it("is not announced by anything the pipeline writes back", async () => {
    const id = await insertBooking(database.sql);
    await database.sql(
      `update public.bookings set google_calendar_event_id = 'e', google_calendar_link = 'https://c', meeting_link = 'https://m',
         meeting_id = 'spaces/s', meeting_recording_url = 'https://d', meeting_transcript = 'Ada: hello',
         ai_insights = '{}', calendar_generation = 1, pipeline_status = 'analyzed', pipeline_reason = 'r',
         pipeline_since = now() where id = $1`,
      [id],
    );
    expect((await readOutbox(database.sql)).length).toBe(1);
    expect((await pings()).length).toBe(1);
  });

  it("is announced when it becomes confirmed, and not before", async () => {
    const id = await insertBooking(database.sql, { status: "pending" });
    await update(id, "title", "Still a draft");
    expect(await readOutbox(database.sql)).toEqual([]);
    await update(id, "status", "confirmed");
    expect((await readOutbox(database.sql, id)).length).toBe(1);
  });

  it("is not announced when it is cancelled without ever having been confirmed", async () => {
    const id = await insertBooking(database.sql, { status: "pending" });
    await update(id, "status", "cancelled");
    expect(await readOutbox(database.sql)).toEqual([]);
    expect((await readBooking(database.sql, id)).pipeline_status).toBeNull();
  });

  it("is announced when it is cancelled after it was taken back to pending", async () => {
    const id = await insertBooking(database.sql);
    await update(id, "status", "pending");
    await update(id, "status", "cancelled");
    expect((await readOutbox(database.sql, id)).length).toBe(3);
  });

  it("keeps what was captured when its title changes", async () => {
    const id = await insertBooking(database.sql);
    await update(id, "pipeline_status", "transcribed");
    await update(id, "title", "Renamed afterwards");
    expect(await readBooking(database.sql, id)).toMatchObject({ revision: 2, pipeline_status: "transcribed" });
  });

  it("stays scheduled when the platform marks it completed", async () => {
    const id = await insertBooking(database.sql);
    await update(id, "pipeline_status", "scheduled");
    await update(id, "status", "completed");
    expect((await readBooking(database.sql, id)).pipeline_status).toBe("scheduled");
  });
});

describe("a deleted booking", () => {
  it("leaves a tombstone and a message when the pipeline had to do with it", async () => {
    const id = await insertBooking(database.sql);
    await database.sql("delete from public.bookings where id = $1", [id]);
    expect((await readOutbox(database.sql, id)).map(({ kind }) => kind)).toEqual([
      "booking.changed",
      "booking.deleted",
    ]);
    expect(await database.sql("select booking_id, done_at from private.booking_tombstones")).toEqual([
      { booking_id: id, done_at: null },
    ]);
  });

  it("leaves nothing when it was never confirmed", async () => {
    const id = await insertBooking(database.sql, { status: "pending" });
    await database.sql("delete from public.bookings where id = $1", [id]);
    expect(await readOutbox(database.sql)).toEqual([]);
    expect(await database.sql("select 1 from private.booking_tombstones")).toEqual([]);
  });

  it("opens its tombstone again when it was restored and is deleted once more", async () => {
    const id = await insertBooking(database.sql);
    const row = "insert into public.bookings (id, status, starts_at, ends_at, customer_name)";
    const remove = "delete from public.bookings where id = $1";
    await database.sql(remove, [id]);
    await database.sql("update private.booking_tombstones set done_at = now()");
    await database.sql(`${row} values ($1, 'confirmed', '2030-05-06', '2030-05-07', 'Grace')`, [id]);
    await database.sql(remove, [id]);
    expect(await database.sql("select done_at from private.booking_tombstones")).toEqual([{ done_at: null }]);
  });
});

describe("a transaction", () => {
  it("that is rolled back leaves neither message nor ping", async () => {
    const client = await database.connect();
    await client.query("begin");
    await client.query(
      `insert into public.bookings (status, starts_at, ends_at, customer_name)
       values ('confirmed', '2030-05-06', '2030-05-07', 'Grace')`,
    );
    const inside = await client.query("select 1 from private.outbox");
    await client.query("rollback");
    expect([inside.rowCount, await readOutbox(database.sql), await pings()]).toEqual([1, [], []]);
  });

  it("of one statement over a thousand rows leaves a thousand messages and one ping", async () => {
    const bulk = "insert into public.bookings (status, starts_at, ends_at, customer_name)";
    await database.sql(
      `${bulk} select 'confirmed', '2030-05-06', '2030-05-07', 'Guest ' || n from generate_series(1, 1000) n`,
    );
    const [count] = await database.sql<{ rows: number; bookings: number }>(
      "select count(*)::integer as rows, count(distinct data ->> 'bookingId')::integer as bookings from private.outbox",
    );
    expect([count, (await pings()).length]).toEqual([{ rows: 1000, bookings: 1000 }, 1]);
    await database.sql("update public.bookings set ends_at = '2030-05-08'");
    expect([(await readOutbox(database.sql)).length, (await pings()).length]).toEqual([2000, 2]);
  });
});

describe("the ping", () => {
  it("carries a signature that the relay accepts, and no secret", async () => {
    await insertBooking(database.sql);
    const [headers] = await pings();
    const named = {
      timestamp: headers?.["X-Ping-Timestamp"],
      nonce: headers?.["X-Ping-Nonce"],
      signature: headers?.["X-Ping-Signature"],
    };
    const ping = freshPing(named, new Date());
    expect(ping !== null && isSigned(ping, new Secret(PING_KEY))).toBe(true);
    expect(JSON.stringify(headers)).not.toContain(PING_KEY);
  });

  it("never shows a nonce twice", async () => {
    for (const title of ["a", "b", "c"]) await insertBooking(database.sql, { title });
    expect(new Set((await pings()).map((headers) => headers["X-Ping-Nonce"])).size).toBe(3);
  });

  it.each([
    ["pg_net is missing", "alter schema net rename to net_away", "alter schema net_away rename to net"],
    ["the vault is missing", "alter schema vault rename to vault_away", "alter schema vault_away rename to vault"],
    [
      "pg_net raises",
      "alter table net.http_request_queue add constraint full_up check (false) not valid",
      "alter table net.http_request_queue drop constraint full_up",
    ],
    [
      "a vault secret cannot be read",
      "update vault.secrets set secret = 'AAAA' where name = 'relay_ping_key'",
      `update vault.secrets set secret = 'AAAA' where name = 'relay_ping_key'`,
    ],
  ])("fails no booking when %s", async (_what, breakIt, mendIt) => {
    await database.adminSql(breakIt);
    try {
      const id = await insertBooking(database.sql);
      expect((await readOutbox(database.sql, id)).length).toBe(1);
    } finally {
      await database.adminSql(mendIt);
    }
  });
});
