import { makeSupabase } from "#supabase/client.ts";
import type { SecretName } from "../../infra/topology/functions.ts";
import { CommandError } from "./command.ts";
import { readDeployedOutputs } from "./deployed-state.ts";
import { isApplied } from "./read-arguments.ts";
import { compareRelaySettings } from "./relay-settings.ts";
import { supabaseKey } from "./rotate-ping-key.ts";
import type { SecretAction, SecretContext } from "./secret-context.ts";
import { probeSecret } from "./secret-probes.ts";
import { readSecretName } from "./secret-rules.ts";

/** Disables all versions but the newest, once it is certain that nothing needs them. It can be undone in the console. */
export const disableOld: SecretAction = async (context, text) => {
  const name = readSecretName(text);
  const [newest, ...older] = (await context.versions.enabled(name)) ?? [];
  const applied = isApplied(context.input.arguments);
  const numbers = older.map(({ number }) => number);
  if (newest === undefined || older.length === 0) {
    const report = { ok: true, dryRun: !applied, name, version: newest?.number ?? null, disabled: [] };
    return { report, lines: [`${name} has no older version that is enabled.`], ok: true };
  }
  const reason = await reasonToKeep(context, name, newest.number);
  if (reason !== null) throw new CommandError(`Version ${numbers.join(", ")} of ${name} stays: ${reason}`);
  if (applied) for (const number of numbers) await context.versions.disable(name, number);
  const sentence = applied
    ? `Disabled: version ${numbers.join(", ")} of ${name}. Version ${newest.number} is in use.`
    : `Would be disabled: version ${numbers.join(", ")} of ${name}. Version ${newest.number} is in use. --yes does it.`;
  const report = { ok: true, dryRun: !applied, name, version: newest.number, disabled: applied ? numbers : [] };
  return { report, lines: [sentence], ok: true };
};

/** Null: the newest version is the one in use, and it works. */
async function reasonToKeep(context: SecretContext, name: SecretName, newest: number): Promise<string | null> {
  const { environment, versions, probe, storageEndpoint } = context;
  const value = await versions.value(name, newest);
  const { result, detail } = await probeSecret(name, value, probe);
  if (result === "refused") return `version ${newest} does not work: ${detail}.`;
  if (name === "relay-ping-key") {
    const database = makeSupabase({ url: environment.supabaseUrl, secretKey: await supabaseKey(versions) });
    const { pingKey } = await compareRelaySettings(database, { pingKey: value });
    return pingKey === "same"
      ? null
      : "Vault does not hold the newest one: npm run ops -- secrets rotate relay-ping-key";
  }
  const outputs = await readDeployedOutputs(environment, storageEndpoint);
  const used = outputs?.deployed_secret_versions[name];
  if (outputs === null || used === String(newest)) return null;
  return `the deployed functions read version ${used ?? "unknown"}: npm run deploy -- ${environment.name}`;
}
