import Table from "cli-table3";
import { type SecretName, secretNames } from "../../infra/topology/functions.ts";
import type { SecretAction } from "./secret-context.ts";
import { readersOf, type SecretReader, secretRules } from "./secret-rules.ts";
import type { SecretVersion, SecretVersions } from "./secret-versions.ts";

const DAY_MS = 86_400_000;

export interface ListedSecret {
  readonly name: SecretName;
  /** False: the bootstrap has not made it. */
  readonly exists: boolean;
  /** The newest enabled version; null: it has no value. */
  readonly version: number | null;
  readonly createdAt: string | null;
  readonly olderEnabled: readonly number[];
  readonly readBy: readonly SecretReader[];
}

/** Every secret of the topology as it stands in the project; no value is read. */
export async function listSecretNames(versions: Pick<SecretVersions, "enabled">): Promise<readonly ListedSecret[]> {
  return await Promise.all(
    secretNames.map(async (name) => {
      const enabled = await versions.enabled(name);
      const [newest, ...older] = enabled ?? [];
      return {
        ...{ name, exists: enabled !== null, version: newest?.number ?? null },
        createdAt: newest?.createdAt.toISOString() ?? null,
        olderEnabled: older.map(({ number }: SecretVersion) => number),
        readBy: readersOf(name),
      };
    }),
  );
}

export const listSecrets: SecretAction = async ({ versions, environment }) => {
  const secrets = await listSecretNames(versions);
  const missing = secrets.filter(({ version }) => version === null);
  const table = new Table({ head: ["secret", "version", "set", "older", "read by"], style: { head: [], border: [] } });
  for (const { name, version, createdAt, olderEnabled, readBy } of secrets) {
    table.push([name, version ?? "none", ageOf(createdAt), olderEnabled.join(", "), readersInWords(readBy)]);
  }
  return {
    report: { ok: missing.length === 0, environment: environment.name, secrets },
    lines: [table.toString(), ...missing.map(({ name }) => missingSentence(name, environment.name))],
    ok: missing.length === 0,
  };
};

const ageOf = (createdAt: string | null): string =>
  createdAt === null ? "" : `${Math.max(0, Math.floor((Date.now() - Date.parse(createdAt)) / DAY_MS))} days ago`;

const readersInWords = (readers: readonly SecretReader[]): string =>
  readers.map((reader) => (reader.when === "start" ? reader.function : `${reader.function} (each 5 min)`)).join("\n");

/** What to do about a secret without a value. */
export function missingSentence(name: SecretName, environment: string): string {
  const generate = secretRules[name].generate === undefined ? "" : " --generate";
  const from = generate === "" ? `   (${secretRules[name].from})` : "";
  return `${name} has no value: npm run ops -- secrets set ${name} --env ${environment}${generate}${from}`;
}
