import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "#kernel/secret.ts";
import { makeSupabase, type Supabase } from "#supabase/client.ts";
import { answered } from "../operator-database.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, unknown, type Verdict } from "./finding.ts";
import { type GoogleContext, googleCheck, projectFlag } from "./google-context.ts";

export interface SharedKeyContext extends GoogleContext {
  readonly database: () => Supabase;
  readonly supabaseUrl: string | undefined;
}

/** Keys that Google and the database must have in common; neither is shown. */
export function sharedKeyChecks(context: SharedKeyContext): Check[] {
  return [
    googleCheck("relay ping key on both sides", () => judgePingKey(context)),
    googleCheck("database key of the functions", () => judgeDatabaseKey(context)),
  ];
}

async function judgePingKey({ target, facts, database }: SharedKeyContext): Promise<Verdict> {
  const nonce = randomBytes(16).toString("hex");
  const [ours, theirs] = await Promise.all([
    facts.secretValue("relay-ping-key"),
    database().rpc("prove_relay_ping_key", { p_nonce: nonce }).then(answered),
  ]);
  if (ours === null || theirs === null) return unknown("one side has none", "See the checks of the two.");
  const proof = createHmac("sha256", ours).update(`doctor:${nonce}`).digest();
  const shown = Buffer.from(theirs, "hex");
  if (proof.length === shown.length && timingSafeEqual(proof, shown))
    return pass("Vault and Secret Manager have the same");
  const read = shell(
    "gcloud",
    "secrets",
    "versions",
    "access",
    "latest",
    "--secret=relay-ping-key",
    projectFlag(target),
  );
  const vaultKey = "(select id from vault.secrets where name = 'relay_ping_key')";
  return fail(
    "Vault and Secret Manager have different ones: pings are refused, and only the schedule moves messages",
    `Make a new one on both sides: npm run ops -- secrets rotate relay-ping-key --env ${target.name ?? "ENV"}. Or give Vault the value that this prints: ${read}`,
    `select vault.update_secret(${vaultKey}, '<value>')`,
  );
}

/** The functions' own key, tried out on the project that the operator's variables name. */
async function judgeDatabaseKey({ target, facts, supabaseUrl }: SharedKeyContext): Promise<Verdict> {
  const secretKey = await facts.secretValue("supabase-secret-key");
  if (secretKey === null || !supabaseUrl) {
    return unknown("there is no key or no SUPABASE_URL to try", "See the checks of the two.");
  }
  const supabase = makeSupabase({ url: supabaseUrl, secretKey: new Secret(secretKey) });
  const { error, status } = await supabase.rpc("prove_relay_ping_key", { p_nonce: "0".repeat(32) });
  if (error === null) return pass("the database accepts it");
  if (status !== 401 && status !== 403) return unknown(`the database answered ${status} ${error.code ?? ""}`);
  return fail(
    `the database does not accept it (${status})`,
    "Pipe the project's secret key (Settings > API keys) into the command, then deploy, so that functions start with it.",
    shell("gcloud", "secrets", "versions", "add", "supabase-secret-key", "--data-file=-", projectFlag(target)),
  );
}
