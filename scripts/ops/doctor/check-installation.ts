import { z } from "zod";
import type { Finding } from "./finding.ts";

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

/** Signed pings are good for five minutes; clocks this far apart are about to break them. */
const MAX_CLOCK_SKEW_MS = 60_000;

type Check = (facts: Installation, side: OperatorSide) => Finding;

const migrations: Check = ({ migrations: applied }, side) => {
  const missing = side.migrations.filter((version) => !applied.includes(version));
  const mend = "Apply them: npx supabase --workdir db db push";
  return verdict("migrations", missing.length === 0, {
    pass: `all ${side.migrations.length} of this release are applied`,
    fail: [`not applied: ${missing.join(", ")}`, mend],
  });
};

const tokenKey: Check = ({ vaultNames }) => {
  const names = vaultNames.filter((name) => name.startsWith("google_token_key_v"));
  return verdict("Vault key of Google tokens", names.length > 0, {
    pass: names.join(", "),
    fail: [
      "Vault holds no google_token_key_v<N>",
      "Without it no stored Google token can be read. Restore it from a backup of the project; a new key (select vault.create_secret(encode(extensions.gen_random_bytes(32), 'hex'), 'google_token_key_v1')) makes every consultant connect again.",
    ],
  });
};

const pingKey: Check = ({ vaultNames }) =>
  verdict("Vault key of relay pings", vaultNames.includes("relay_ping_key"), {
    pass: "relay_ping_key",
    fail: [
      "Vault holds no relay_ping_key",
      "Store the value of the secret relay-ping-key: select vault.create_secret('<value>', 'relay_ping_key'). Until then only the schedule moves messages.",
    ],
  });

const relayUrl: Check = ({ relayUrl: state }) =>
  verdict("relay URL", state === "usable", {
    pass: "set in Vault (relay_outbox_url)",
    fail: [
      state === "missing" ? "Vault holds no relay_outbox_url" : "relay_outbox_url is no https address",
      "Store the address of relay-outbox: select vault.create_secret('https://<relay-outbox>', 'relay_outbox_url'), or vault.update_secret when it is there.",
    ],
  });

const pgNet: Check = ({ pgNet: present }) =>
  verdict("pg_net", present, {
    pass: "net.http_post is there",
    fail: ["net.http_post is missing", "Enable it: create extension if not exists pg_net (Database > Extensions)."],
  });

const triggers: Check = ({ disabledTriggers }) =>
  verdict("triggers on bookings", disabledTriggers.length === 0, {
    pass: "all are enabled",
    fail: [
      `missing or disabled: ${disabledTriggers.join(", ")}`,
      "Enable each: alter table public.bookings enable trigger <name>; one that is missing comes with the migrations. Then: npm run ops -- resync --all --yes",
    ],
  });

const closedTables: Check = ({ openTables }) =>
  verdict("server-only tables", openTables.length === 0, {
    pass: "every one is closed to the API roles",
    fail: [
      openTables.map(({ table, problem }) => `${table}: ${problem}`).join("; "),
      "Take it back: alter table <table> enable row level security; revoke all on table <table> from anon, authenticated, service_role; drop policy <policy> on <table>; revoke usage on schema private from <role>.",
    ],
  });

const exposure: Check = (_facts, { isPrivateExposed }) =>
  verdict("exposed schemas", !isPrivateExposed, {
    pass: "the Data API does not serve schema private",
    fail: ["the Data API serves schema private", "Remove it from the exposed schemas (Settings > API)."],
  });

const clock: Check = ({ at }, { nowMs }) => {
  const skewMs = Math.abs(new Date(at).getTime() - nowMs);
  return verdict("clock", skewMs <= MAX_CLOCK_SKEW_MS, {
    pass: `this machine and the database agree (${Math.round(skewMs)} ms apart)`,
    fail: [`this machine and the database are ${Math.round(skewMs / 1000)} s apart`, "Set this machine's clock (NTP)."],
  });
};

const CHECKS: readonly Check[] = [
  ...[migrations, tokenKey, pingKey, relayUrl, pgNet, triggers, closedTables, exposure, clock],
];

/** One finding for each check of the database. */
export function checkInstallation(facts: Installation, side: OperatorSide): Finding[] {
  return CHECKS.map((check) => check(facts, side));
}

function verdict(
  check: string,
  passed: boolean,
  words: { readonly pass: string; readonly fail: readonly [detail: string, mend: string] },
): Finding {
  const [detail, mend] = words.fail;
  return passed ? { check, result: "pass", detail: words.pass } : { check, result: "fail", detail, mend };
}
