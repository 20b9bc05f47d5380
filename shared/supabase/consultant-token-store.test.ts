import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "#kernel/secret.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { openTestDatabase, type TestDatabase, type TestUser } from "#testing/database.ts";

let database: TestDatabase;
let user: TestUser;
let store: ReturnType<typeof makeConsultantTokenStore>;

const account = { sub: "1001", email: "ada@example.com", scopes: ["openid"] };

async function connect(of: TestUser, options: { token?: string | null; sub?: string } = {}): Promise<unknown> {
  const { token = "1//first", sub = account.sub } = options;
  const [row] = await database.sql<{ result: unknown }>("select public.connect_google($1, $2, $3) as result", [
    of.id,
    JSON.stringify({ ...account, sub }),
    token,
  ]);
  return row?.result;
}

const tokenOf = async (id: string) => {
  const token = await store.read(id);
  return token.kind === "usable" ? token.refreshToken.reveal() : token.state;
};

beforeAll(async () => {
  database = await openTestDatabase();
  store = makeConsultantTokenStore((await database.api()).service);
});
afterAll(() => database.close());
beforeEach(async () => {
  user = await database.createUser();
});

describe("the stored refresh token", () => {
  it("comes back as it was stored, and is ciphertext in the table", async () => {
    await connect(user);
    const [row] = await database.sql<{ sealed: Buffer }>(
      "select encrypted_google_refresh_token as sealed from public.user_tokens where user_id = $1",
      [user.id],
    );
    expect(await store.read(user.id)).toEqual({
      kind: "usable",
      refreshToken: new Secret("1//first"),
      tokenVersion: 2,
    });
    expect(row?.sealed.includes("1//first")).toBe(false);
  });

  it("is AES-256 with a SHA-256 key derivation", async () => {
    await connect(user);
    const [row] = await database.sql<{ sealed: Buffer }>(
      "select encrypted_google_refresh_token as sealed from public.user_tokens where user_id = $1",
      [user.id],
    );
    // RFC 4880: symmetric-key packet: version 4, cipher 9 = AES-256, S2K 3 = iterated, hash 8 = SHA-256.
    const start = row?.sealed.indexOf(Buffer.from([4, 9, 3, 8])) ?? -1;
    expect(start).toBeGreaterThan(0);
    expect(start).toBeLessThan(4);
  });

  it("is refused when it was moved to another user's row", async () => {
    const other = await database.createUser();
    await connect(user);
    await connect(other, { sub: "1002", token: "1//other" });
    await database.sql(
      `update public.user_tokens set encrypted_google_refresh_token =
         (select encrypted_google_refresh_token from public.user_tokens where user_id = $1) where user_id = $2`,
      [user.id, other.id],
    );
    expect(await tokenOf(other.id)).toBe("token_unreadable");
    expect(await tokenOf(user.id)).toBe("1//first");
  });

  it("is unreadable, and nothing leaks, when it was truncated", async () => {
    await connect(user);
    await database.sql(
      `update public.user_tokens
       set encrypted_google_refresh_token = substring(encrypted_google_refresh_token from 1 for 40) where user_id = $1`,
      [user.id],
    );
    expect(await tokenOf(user.id)).toBe("token_unreadable");
  });

  it("survives a new key, moves under it, and then needs the old one no more", async () => {
    await connect(user);
    await database.sql("select vault.create_secret('a-second-key', 'google_token_key_v2')");
    try {
      expect(await tokenOf(user.id)).toBe("1//first");
      await database.sql("select private.reencrypt_google_refresh_tokens()");
      await database.adminSql("update vault.secrets set name = 'retired' where name = 'google_token_key_v1'");
      expect(await tokenOf(user.id)).toBe("1//first");
    } finally {
      await database.adminSql("update vault.secrets set name = 'google_token_key_v1' where name = 'retired'");
      await database.sql("select private.reencrypt_google_refresh_tokens()");
    }
  });

  it("is an operator's problem, not a reconnect, when Vault is empty", async () => {
    await connect(user);
    await database.adminSql("update vault.secrets set name = 'hidden_' || name where name like 'google_token%'");
    try {
      await expect(store.read(user.id)).rejects.toMatchObject({ code: "database_TKKEY" });
    } finally {
      await database.adminSql("update vault.secrets set name = substring(name from 8) where name like 'hidden_%'");
    }
  });

  it("is out of reach of API roles, directly and through the functions", async () => {
    await connect(user);
    const asUser = database.asRole("authenticated", { sub: user.id });
    const asService = database.asRole("service_role");
    await expect(asUser("select * from public.user_tokens")).rejects.toThrow(/permission denied/);
    await expect(asService("select * from public.user_tokens")).rejects.toThrow(/permission denied/);
    await expect(asUser(`select public.get_decrypted_google_refresh_token('${user.id}')`)).rejects.toThrow(
      /permission denied/,
    );
    await expect(asUser(`select public.connect_google('${user.id}', '{}', 'x')`)).rejects.toThrow(/permission denied/);
    await expect(asService(`select private.get_decrypted_google_refresh_token('${user.id}')`)).rejects.toThrow(
      /permission denied/,
    );
  });

  it("is replaced in place when Google rotates it, unless the consultant has connected again", async () => {
    await connect(user);
    expect(await store.replace(user.id, { refreshToken: new Secret("1//rotated"), tokenVersion: 2 })).toBe(true);
    expect(await store.read(user.id)).toMatchObject({ tokenVersion: 2 });
    expect(await tokenOf(user.id)).toBe("1//rotated");
    expect(await store.replace(user.id, { refreshToken: new Secret("1//late"), tokenVersion: 1 })).toBe(false);
    expect(await tokenOf(user.id)).toBe("1//rotated");
  });
});

describe("the connection", () => {
  it("is marked once by twenty who meet the same dead token", async () => {
    await connect(user);
    const mark = { reason: "The access has ended.", tokenVersion: 2 };
    const marks = await Promise.all(Array.from({ length: 20 }, () => store.markNeedsReconnect(user.id, mark)));
    expect(marks.filter(Boolean)).toHaveLength(1);
    expect(await tokenOf(user.id)).toBe("needs_reconnect");
  });

  it("is not marked by a job that still holds the token from before a reconnect", async () => {
    await connect(user);
    await connect(user, { token: "1//second" });
    expect(await store.markNeedsReconnect(user.id, { reason: "late", tokenVersion: 2 })).toBe(false);
    expect(await tokenOf(user.id)).toBe("1//second");
  });

  it("keeps the old refresh token when Google returns none", async () => {
    await connect(user);
    expect(await connect(user, { token: null })).toMatchObject({ kind: "connected", accountChanged: false });
    expect(await tokenOf(user.id)).toBe("1//first");
  });

  it.each([
    ["there is no old one", async () => undefined, "1001"],
    ["the old one is of another account", () => connect(user), "2002"],
    [
      "the old one is dead",
      async () => {
        await connect(user);
        await store.markNeedsReconnect(user.id, { reason: "dead", tokenVersion: 2 });
      },
      "1001",
    ],
  ])("refuses to connect without a refresh token when %s", async (_when, arrange, sub) => {
    await arrange();
    expect(await connect(user, { token: null, sub })).toEqual({ kind: "refresh_token_missing" });
  });

  it("keeps the token for nobody but the revocation while a disconnect is under way", async () => {
    await connect(user);
    await database.sql("select public.disconnect_google($1)", [user.id]);
    expect(await store.read(user.id)).toMatchObject({ kind: "unusable", state: "disconnected" });
    const forget = "select public.forget_google_token($1, $2) as done";
    expect(await database.sql(forget, [user.id, 1])).toEqual([{ done: false }]);
    expect(await database.sql(forget, [user.id, 2])).toEqual([{ done: true }]);
    expect(await store.read(user.id)).toMatchObject({ refreshToken: null });
  });

  it("shows a consultant the own state and nobody else's", async () => {
    const other = await database.createUser();
    await connect(user);
    await connect(other, { sub: "1002" });
    const seen = await database.asRole("authenticated", { sub: user.id })(
      "select user_id, state from public.google_connections",
    );
    expect(seen).toEqual([{ user_id: user.id, state: "connected" }]);
  });
});

describe("the bookings of a consultant who connects", () => {
  async function book(of: TestUser, endsIn: string): Promise<string> {
    const [consultant] = await database.sql<{ id: string }>(
      `insert into public.consultants (user_id, name, email) values ($1, 'Ada', 'ada@example.com')
       on conflict (user_id) do update set name = excluded.name returning id`,
      [of.id],
    );
    const [booking] = await database.sql<{ id: string }>(
      `insert into public.bookings (consultant_id, status, starts_at, ends_at, customer_name)
       values ($1, 'confirmed', now() + $2::interval - interval '1 hour', now() + $2::interval, 'Bo') returning id`,
      [consultant?.id, endsIn],
    );
    return booking?.id ?? "";
  }
  const statusOf = async (id: string) =>
    (
      await database.sql<{ pipeline_status: string }>("select pipeline_status from public.bookings where id = $1", [id])
    )[0]?.pipeline_status;
  const park = (id: string) =>
    database.sql("update public.bookings set pipeline_status = 'needs_reconnect' where id = $1", [id]);

  it("go on, each with one message", async () => {
    const id = await book(user, "2 hours");
    await park(id);
    expect(await connect(user)).toMatchObject({ resumed: 1 });
    expect(await connect(user)).toMatchObject({ resumed: 0 });
    const messages = await database.sql(
      "select 1 from private.outbox where data ->> 'bookingId' = $1 and attributes ->> 'kind' = 'booking.reconnected'",
      [id],
    );
    expect([await statusOf(id), messages.length]).toEqual(["pending", 1]);
  });

  it("are made anew in another account's calendar, but for those that have ended", async () => {
    await connect(user);
    const [ahead, past] = [await book(user, "2 hours"), await book(user, "-2 hours")];
    await database.sql(
      `update public.bookings set pipeline_status = 'scheduled', google_calendar_event_id = 'abc00',
         meeting_link = 'https://meet.google.com/aaa-bbbb-ccc' where id = any ($1)`,
      [[ahead, past]],
    );
    await database.sql(
      `insert into private.booking_rooms (booking_id, event_id, user_id, calendar_id)
       values ($1, 'abc00', $2, 'primary')`,
      [ahead, user.id],
    );
    expect(await connect(user, { sub: "2002", token: "1//new" })).toMatchObject({ accountChanged: true, resumed: 1 });
    const rooms = await database.sql("select 1 from private.booking_rooms where user_id = $1 and retired_at is null", [
      user.id,
    ]);
    expect([await statusOf(ahead), await statusOf(past), rooms.length]).toEqual(["pending", "scheduled", 0]);
    // A pass that began with the old account is told to start over, and the new event has another id.
    const bookings = await database.sql(
      "select id, revision, calendar_generation, meeting_link is null as open from public.bookings where id = any ($1)",
      [[ahead, past]],
    );
    expect(bookings).toContainEqual({ id: ahead, revision: 2, calendar_generation: 1, open: true });
    expect(bookings).toContainEqual({ id: past, revision: 1, calendar_generation: 0, open: false });
    const messages = await database.sql("select 1 from private.outbox where data ->> 'bookingId' = $1", [ahead]);
    expect(messages).toHaveLength(2);
  });
});
