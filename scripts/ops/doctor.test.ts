import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import type { CommandResult } from "./command.ts";
import type { Finding } from "./doctor/finding.ts";
import { doctor } from "./doctor.ts";
import { openDatabase } from "./operator-database.ts";
import { runCommand } from "./testing/run-command.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.sql("select vault.create_secret('https://relay.example.com', 'relay_outbox_url')");
  await database.sql("select vault.create_secret('canary-ping-key', 'relay_ping_key')");
});
afterAll(() => database.close());

const person = "00000000-0000-4000-8000-00000000d0c5";
/** Somebody whose token can be opened, connected since. */
const connect = (since: string): string =>
  `insert into auth.users (id, email) values ('${person}', 'd@example.com');
   insert into public.google_connections (user_id, google_sub, google_email, state, since)
   values ('${person}', '1', 'd@example.com', 'connected', ${since});
   select private.store_google_refresh_token('${person}', 'canary-token')`;
const disconnect = `delete from auth.users where id = '${person}'`;

const failedChecks = async (): Promise<Finding[]> => {
  const { report } = await runCommand<{ checks: Finding[] }>(database, doctor);
  return report.checks.filter(({ result }) => result === "fail");
};

describe("doctor", () => {
  it("finds everything in order on a sound installation, and shows no secret", async () => {
    const result = await runCommand<{ checks: Finding[] }>(database, doctor);
    expect(result.report.checks.filter(({ result: found }) => found === "fail")).toEqual([]);
    expect(result.ok).toBe(true);
    expect(JSON.stringify(result)).not.toMatch(/canary|sb_secret/);
  });

  const relayUrl = "(select id from vault.secrets where name = 'relay_outbox_url')";
  it.each([
    [
      "migrations",
      "delete from supabase_migrations.schema_migrations where version = '20261120000250'",
      "insert into supabase_migrations.schema_migrations (version) values ('20261120000250')",
      /20261120000250/,
    ],
    [
      "Vault key of Google tokens",
      "update vault.secrets set name = 'x1' where name = 'google_token_key_v1'",
      "update vault.secrets set name = 'google_token_key_v1' where name = 'x1'",
      /no google_token_key/,
    ],
    [
      "Vault key of relay pings",
      "update vault.secrets set name = 'x2' where name = 'relay_ping_key'",
      "update vault.secrets set name = 'relay_ping_key' where name = 'x2'",
      /no relay_ping_key/,
    ],
    [
      "relay URL",
      `select vault.update_secret(${relayUrl}, 'http://relay.example.com')`,
      `select vault.update_secret(${relayUrl}, 'https://relay.example.com')`,
      /no https address/,
    ],
    ["pg_net", "alter schema net rename to net_away", "alter schema net_away rename to net", /http_post is missing/],
    [
      "triggers on bookings",
      "alter table public.bookings disable trigger on_booking_update_publish_event",
      "alter table public.bookings enable trigger on_booking_update_publish_event",
      /on_booking_update_publish_event/,
    ],
    [
      "server-only tables",
      "grant select on private.outbox to authenticated",
      "revoke select on private.outbox from authenticated",
      /private\.outbox: authenticated has rights/,
    ],
    [
      "server-only tables",
      "grant usage on schema private to anon",
      "revoke usage on schema private from anon",
      /private: anon may enter the schema/,
    ],
    [
      "server-only tables",
      "alter table public.user_tokens disable row level security",
      "alter table public.user_tokens enable row level security",
      /user_tokens: row level security is off/,
    ],
    [
      "server-only tables",
      "create policy careless on private.effects for select using (true)",
      "drop policy careless on private.effects",
      /policy careless/,
    ],
    [
      "migrations",
      "insert into supabase_migrations.schema_migrations (version) values ('20261120999999')",
      "delete from supabase_migrations.schema_migrations where version = '20261120999999'",
      /newer release: 20261120999999/,
    ],
    [
      "time zones",
      "insert into public.consultants (id, user_id, name, email, time_zone) values (gen_random_uuid(), null, 'M', 'm@example.com', 'Mars/Base')",
      "delete from public.consultants where time_zone = 'Mars/Base'",
      /Node does not know Mars\/Base/,
    ],
    [
      "Workspace subscriptions",
      `${connect("now() - interval '1 hour'")}; insert into private.workspace_subscriptions (user_id, google_sub, problem)
       select user_id, '1', E'caller lacks\\x1b[31m access\\u202e' from public.google_connections`,
      disconnect,
      /^1 missing; Google said: caller lacks \[31m access$/,
    ],
    [
      "stored Google tokens",
      `${connect("now()")}; update public.user_tokens set encrypted_google_refresh_token = 'cut'`,
      disconnect,
      /1 of the 1 newest cannot be opened/,
    ],
    [
      "OAuth consent screen",
      `${connect("now()")}; update public.user_tokens set token_created_at = now() - interval '7 days 1 minute';
       update public.google_connections set state = 'needs_reconnect'`,
      disconnect,
      /1 consultants lost access seven days/,
    ],
  ])("finds a fault in %s, names the mend, and is content after it", async (check, fault, mend, detail) => {
    await database.adminSql(fault);
    const failed = await failedChecks();
    expect(failed).toEqual([
      expect.objectContaining({
        check,
        result: "fail",
        detail: expect.stringMatching(detail),
        mend: expect.any(String),
      }),
    ]);
    await database.adminSql(mend);
    expect(await failedChecks()).toEqual([]);
  });

  it("proves the ping key for a nonce alone, never for the text of a ping", async () => {
    const prove = (nonce: string) => database.sql("select public.prove_relay_ping_key($1)", [nonce]);
    await expect(prove("1800000000.00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({ code: "22023" });
    expect(await prove("0".repeat(32))).toEqual([{ prove_relay_ping_key: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it("says which options it does not understand", async () => {
    await expect(runCommand(database, doctor, ["--only", "moon"])).rejects.toThrow(/database or google, not "moon"/);
    await expect(runCommand(database, doctor, ["--check", "moon"])).rejects.toThrow(/No check has "moon"/);
    const { report } = await runCommand<{ checks: Finding[] }>(database, doctor, ["--check", "pg_net"]);
    expect(report.checks).toMatchObject([{ check: "pg_net", result: "pass" }]);
  });

  it("compares no database with the project of another environment", async () => {
    const { report } = await runCommand<{ checks: Finding[] }>(database, doctor, [
      "--env",
      "prod",
      "--only",
      "database",
    ]);
    expect(report.checks.filter(({ result }) => result === "fail")).toMatchObject([
      { check: "environment SUPABASE_URL and --env", detail: "SUPABASE_URL is not that of prod" },
    ]);
  });

  const runWith = (environment: Record<string, string>): Promise<CommandResult> =>
    doctor.run({
      arguments: { positionals: [], flags: new Set(), values: {} },
      environment,
      database: () => openDatabase(environment),
      progress: { say: () => undefined, at: () => undefined },
      interrupted: new AbortController().signal,
    });

  it("names what is missing in the environment, all at once", async () => {
    const text = (await runWith({})).lines.join("\n");
    expect(text).toMatch(/FAIL {2}environment SUPABASE_URL: is missing\n.*\.env\.example/);
    expect(text).toMatch(/FAIL {2}environment SUPABASE_SECRET_KEY: is missing/);
  });

  it("says so when the key is wrong or nobody listens", async () => {
    const { url, publishableKey } = await database.api();
    const asked = (address: string, key: string) => runWith({ SUPABASE_URL: address, SUPABASE_SECRET_KEY: key });
    expect((await asked(url, "sb_secret_of_another_project")).lines.join("\n")).toMatch(
      /SUPABASE_SECRET_KEY is not accepted/,
    );
    expect((await asked(url, publishableKey)).lines.join("\n")).toMatch(/The database refuses this key/);
    expect((await asked("http://127.0.0.1:1", "sb_secret_x")).lines.join("\n")).toMatch(
      /is not reachable at SUPABASE_URL/,
    );
  });
});
