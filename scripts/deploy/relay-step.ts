import { makeSupabase } from "#supabase/client.ts";
import type { Environment } from "../../infra/environment.ts";
import { setRelaySettings } from "../ops/relay-settings.ts";
import { supabaseKey } from "../ops/rotate-ping-key.ts";
import type { SecretVersions } from "../ops/secret-versions.ts";
import { DeployError } from "./deploy-error.ts";

export interface RelayStep {
  readonly environment: Environment;
  readonly secrets: SecretVersions;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Tells the database where the relay listens and with which key its pings are signed; answers what was new. */
export async function storeRelaySettings({ environment, secrets, outputs }: RelayStep): Promise<string> {
  const url = outputs["relay_ping_url"];
  if (typeof url !== "string") throw new DeployError("The stack has no output relay_ping_url; apply it first.");
  const [newest] = (await secrets.enabled("relay-ping-key")) ?? [];
  if (newest === undefined) throw new DeployError("relay-ping-key has no value.");
  const pingKey = await secrets.value("relay-ping-key", newest.number);
  const database = makeSupabase({ url: environment.supabaseUrl, secretKey: await supabaseKey(secrets) });
  const before = await setRelaySettings(database, { url, pingKey });
  const words = { missing: "stored", different: "replaced", same: "as it was" } as const;
  return `in Vault: address ${words[before.url ?? "same"]}, ping key ${words[before.pingKey ?? "same"]}`;
}
