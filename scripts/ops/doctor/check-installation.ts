import { z } from "zod";
import { judgeClock } from "./check-clock.ts";
import { fail, pass, type Verdict } from "./finding.ts";

/** What `inspect_installation` answers. */
export const installation = z.object({
  at: z.string(),
  migrations: z.array(z.string()),
  vaultNames: z.array(z.string()),
  relayUrl: z.enum(["missing", "unusable", "usable"]),
  pgNet: z.boolean(),
  openTables: z.array(z.object({ table: z.string(), problem: z.string() })),
  disabledTriggers: z.array(z.string()),
});
export type Installation = z.infer<typeof installation>;

/** What is known on this side. */
export interface OperatorSide {
  /** Versions this checkout brings. */
  readonly migrations: readonly string[];
  readonly isPrivateExposed: boolean;
  readonly nowMs: number;
}

type Judge = (facts: Installation, side: OperatorSide) => Verdict;

const migrations: Judge = ({ migrations: applied }, side) => {
  const missing = side.migrations.filter((version) => !applied.includes(version));
  if (missing.length > 0) {
    return fail(`not applied: ${missing.join(", ")}`, "Apply them.", "npx supabase --workdir db db push");
  }
  const ahead = applied.filter((version) => isOurs(version, side) && !side.migrations.includes(version));
  if (ahead.length === 0) return pass(`all ${side.migrations.length} of this release are applied`);
  return fail(
    `of a newer release: ${ahead.join(", ")}`,
    "This checkout is older than the database: take the release that is deployed before changing anything.",
    "git pull",
  );
};

/** The platform has migrations of its own in the same table; ours share the day in their version. */
function isOurs(version: string, side: OperatorSide): boolean {
  const days = new Set(side.migrations.map((ours) => ours.slice(0, 8)));
  return days.has(version.slice(0, 8));
}

const tokenKey: Judge = ({ vaultNames }) => {
  const names = vaultNames.filter((name) => name.startsWith("google_token_key_v"));
  if (names.length > 0) return pass(names.join(", "));
  return fail(
    "Vault holds no google_token_key_v<N>",
    "Without it no stored Google token can be read. Restore it from a backup of the project; a new one makes every consultant connect again.",
    "select vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'google_token_key_v1')",
  );
};

const pingKey: Judge = ({ vaultNames }) =>
  vaultNames.includes("relay_ping_key")
    ? pass("relay_ping_key")
    : fail(
        "Vault holds no relay_ping_key",
        "Store the value of the secret relay-ping-key. Until then only the schedule moves messages.",
        "select vault.create_secret('<value>', 'relay_ping_key')",
      );

const relayUrl: Judge = ({ relayUrl: state }) => {
  if (state === "usable") return pass("set in Vault (relay_outbox_url)");
  const mend = "Store the address of relay-outbox (terraform output relay_ping_url).";
  if (state === "missing") {
    const command = "select vault.create_secret('https://<relay-outbox>', 'relay_outbox_url')";
    return fail("Vault holds no relay_outbox_url", mend, command);
  }
  const id = "(select id from vault.secrets where name = 'relay_outbox_url')";
  return fail(
    "relay_outbox_url is no https address",
    mend,
    `select vault.update_secret(${id}, 'https://<relay-outbox>')`,
  );
};

const pgNet: Judge = ({ pgNet: present }) =>
  present
    ? pass("net.http_post is there")
    : fail("net.http_post is missing", "Enable it (Database > Extensions).", "create extension if not exists pg_net");

const triggers: Judge = ({ disabledTriggers }) => {
  if (disabledTriggers.length === 0) return pass("all are enabled");
  const statements = disabledTriggers.map((name) => `alter table public.bookings enable trigger ${name}`);
  return fail(
    `missing or disabled: ${disabledTriggers.join(", ")}`,
    "Enable each; one that is missing comes with the migrations. Then have every booking looked at again: npm run ops -- resync --all --yes",
    statements.join("; "),
  );
};

const closedTables: Judge = ({ openTables }) => {
  if (openTables.length === 0) return pass("every one is closed to the API roles");
  const found = openTables.map(({ table, problem }) => `${table}: ${problem}`).join("; ");
  return fail(found, "Take it back.", openTables.map(closing).join("; "));
};

/** The statement that undoes one problem, in the words of `private.open_server_tables`. */
function closing({ table, problem }: Installation["openTables"][number]): string {
  const role = /^(anon|authenticated|service_role) /.exec(problem)?.[1];
  if (problem === "row level security is off") return `alter table ${table} enable row level security`;
  if (problem.endsWith("may enter the schema")) return `revoke usage on schema ${table} from ${role}`;
  if (role !== undefined) return `revoke all on table ${table} from ${role}`;
  const policy = problem.replace(/^it has the policy /, "").replaceAll('"', '""');
  return `drop policy "${policy}" on ${table}`;
}

const exposure: Judge = (_facts, { isPrivateExposed }) =>
  isPrivateExposed
    ? fail(
        "the Data API serves schema private",
        "Remove it from the exposed schemas: Settings > API > Exposed schemas.",
      )
    : pass("the Data API does not serve schema private");

const clock: Judge = ({ at }, { nowMs }) =>
  judgeClock("the database", { theirsMs: new Date(at).getTime(), oursMs: nowMs });

/** Every check of the installation's own database, by its name. */
export const installationChecks: Readonly<Record<string, Judge>> = {
  migrations,
  "Vault key of Google tokens": tokenKey,
  "Vault key of relay pings": pingKey,
  "relay URL": relayUrl,
  pg_net: pgNet,
  "triggers on bookings": triggers,
  "server-only tables": closedTables,
  "exposed schemas": exposure,
  clock,
};
