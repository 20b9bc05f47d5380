import { listSecretNames, missingSentence } from "../ops/secret-list.ts";
import type { SecretVersions } from "../ops/secret-versions.ts";
import { DeployError } from "./deploy-error.ts";
import type { Migration } from "./migrations.ts";

/** The newest enabled version of each secret, by its name; functions do not start without one. */
export async function newestVersions(
  secrets: Pick<SecretVersions, "enabled">,
  environment: string,
): Promise<Readonly<Record<string, string>>> {
  const listed = await listSecretNames(secrets);
  const missing = listed.filter(({ version }) => version === null);
  if (missing.length > 0) {
    const lines = missing.map(({ name }) => `  ${missingSentence(name, environment)}`);
    throw new DeployError(`Secrets without a value; then run the same command again:\n${lines.join("\n")}`);
  }
  return Object.fromEntries(listed.map(({ name, version }) => [name, String(version)]));
}

/** A migration that takes something away would break the functions that run until the apply is through. */
export function assertAdditive(
  pending: readonly Migration[],
  { allowBreaking }: { readonly allowBreaking: boolean },
): void {
  const breaking = pending.filter((migration) => migration.breaking);
  if (breaking.length === 0 || allowBreaking) return;
  const lines = breaking.map(({ file, what }) => `  ${file}: ${what}`);
  throw new DeployError(
    `These migrations break what runs now:\n${lines.join("\n")}\n` +
      "Deploy a version that does without what they take away, then these. --allow-breaking applies them all the same: " +
      "functions of the version before fail until the apply is through; bookings wait in the outbox meanwhile.",
  );
}
