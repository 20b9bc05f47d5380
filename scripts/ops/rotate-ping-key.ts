import { Secret } from "#kernel/secret.ts";
import { makeSupabase } from "#supabase/client.ts";
import type { Environment } from "../../infra/environment.ts";
import { CommandError } from "./command.ts";
import { compareRelaySettings, setRelaySettings } from "./relay-settings.ts";
import { secretRules } from "./secret-rules.ts";
import type { SecretVersions } from "./secret-versions.ts";

export interface RotationContext {
  readonly environment: Environment;
  readonly versions: SecretVersions;
  readonly dryRun: boolean;
}

export interface PingKeyRotation {
  /** `finished`: an earlier rotation had stopped between Secret Manager and Vault. */
  readonly kind: "rotated" | "finished";
  readonly version: number;
  /** The versions before it, still enabled. */
  readonly older: readonly number[];
}

/**
 * A new key in Secret Manager, then in the database's Vault. In that order, so that whoever stops in between leaves a key
 * that the next run finds and finishes with. No booking is lost at any moment: a ping is a hint, and the sweep publishes
 * what no ping announced.
 */
export async function rotatePingKey({ environment, versions, dryRun }: RotationContext): Promise<PingKeyRotation> {
  const database = makeSupabase({ url: environment.supabaseUrl, secretKey: await supabaseKey(versions) });
  const before = (await versions.enabled("relay-ping-key")) ?? [];
  const [newest, ...older] = before;
  if (newest === undefined) {
    throw new CommandError("relay-ping-key has no value yet: npm run ops -- secrets set relay-ping-key --generate");
  }
  const current = await versions.value("relay-ping-key", newest.number);
  const { pingKey } = await compareRelaySettings(database, { pingKey: current });
  if (pingKey !== "same") {
    if (!dryRun) await setRelaySettings(database, { pingKey: current });
    return { kind: "finished", version: newest.number, older: older.map(({ number }) => number) };
  }
  const made = before.map(({ number }) => number);
  if (dryRun) return { kind: "rotated", version: newest.number + 1, older: made };
  const next = new Secret(secretRules["relay-ping-key"].generate?.() ?? "");
  const version = await versions.add("relay-ping-key", next);
  await setRelaySettings(database, { pingKey: next });
  return { kind: "rotated", version, older: made };
}

/** The key of the database is itself a secret of the project: nobody has to have it at hand. */
export async function supabaseKey(versions: SecretVersions): Promise<Secret> {
  const [newest] = (await versions.enabled("supabase-secret-key")) ?? [];
  if (newest !== undefined) return await versions.value("supabase-secret-key", newest.number);
  throw new CommandError("supabase-secret-key has no value yet: npm run ops -- secrets set supabase-secret-key");
}
