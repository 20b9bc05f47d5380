import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type Sql, type TestDatabase } from "#testing/database.ts";
import { pushMigrations } from "../../scripts/local/database/supabase-cli.ts";
import { apiGrants, schemaLines } from "./catalogue.ts";
import { type Platform, query, startPlatform } from "./platform.ts";

let platform: Platform;
let migrated: TestDatabase;
beforeAll(async () => {
  [platform, migrated] = await Promise.all([startPlatform(), openTestDatabase()]);
});
afterAll(() => Promise.all([platform.stop(), migrated.close()]));

// Each call connects anew: these databases are looked at once or twice.
const sqlOf =
  (url: string): Sql =>
  (text) =>
    query(url, text);

describe("migrations", () => {
  it("change nothing when they are pushed again", async () => {
    const before = await schemaLines(migrated.sql);
    await pushMigrations(migrated.url);
    expect(await schemaLines(migrated.sql)).toEqual(before);
  });

  it("give the same rights on a project that still grants everything by default", async () => {
    const { url, adminUrl } = await platform.createDatabase();
    const grants = ["tables", "sequences", "functions"].map(
      (kind) => `alter default privileges for role postgres in schema public
        grant all on ${kind} to postgres, anon, authenticated, service_role;`,
    );
    await query(adminUrl, grants.join("\n"));
    await pushMigrations(url);
    expect(await apiGrants(sqlOf(url))).toEqual(await apiGrants(migrated.sql));
  });

  it("leave a booking platform's own tables, rows, rights and policies as they were", async () => {
    const { url } = await platform.createDatabase();
    await query(url, readFileSync(new URL("host-platform.sql", import.meta.url), "utf8"));
    const before = await schemaLines(sqlOf(url));
    await pushMigrations(url);
    expect(await query(url, "select booked_via, price_cents from public.bookings")).toEqual([
      { booked_via: "phone", price_cents: 9900 },
    ]);
    const after = new Set(await schemaLines(sqlOf(url)));
    expect(before.filter((line) => !after.has(line))).toEqual([]);
  });

  it("serve the bookings of a platform that adopts them", async () => {
    const { url } = await platform.createDatabase();
    await query(url, readFileSync(new URL("host-platform.sql", import.meta.url), "utf8"));
    await pushMigrations(url);
    const [booking] = await query<{ id: string }>(
      url,
      `insert into public.bookings (status, starts_at, ends_at, time_zone, customer_name, booked_via, price_cents)
       values ('confirmed', now(), now() + interval '1 hour', 'UTC', 'Grace', 'web', 100) returning id`,
    );
    expect(await query(url, "select topic, data from private.outbox")).toEqual([
      { topic: "booking-events", data: { bookingId: booking?.id } },
    ]);
  });

  it("do not disturb what happened before them: an old confirmed booking is not announced", async () => {
    const { url } = await platform.createDatabase();
    await query(url, readFileSync(new URL("host-platform.sql", import.meta.url), "utf8"));
    await pushMigrations(url);
    expect(await query(url, "select 1 from private.outbox")).toEqual([]);
  });
});
