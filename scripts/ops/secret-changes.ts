import { Secret } from "#kernel/secret.ts";
import type { SecretName } from "../../infra/topology/functions.ts";
import { CommandError, type CommandResult } from "./command.ts";
import { rotatePingKey } from "./rotate-ping-key.ts";
import type { SecretAction, SecretContext } from "./secret-context.ts";
import { type ProbeResult, probeSecret } from "./secret-probes.ts";
import { readersOf, readSecretName, secretRules, shapeProblem } from "./secret-rules.ts";

/** A first value, or the next one of a secret whose value comes from elsewhere. */
export const setSecret: SecretAction = async (context, text) => {
  const name = readSecretName(text);
  const enabled = await context.versions.enabled(name);
  if (enabled === null) {
    const { projectId, name: environment } = context.environment;
    throw new CommandError(
      `${name} is not there: the bootstrap makes it in ${projectId}: npm run deploy -- ${environment}`,
    );
  }
  if (name === "relay-ping-key" && enabled.length > 0) {
    throw new CommandError(
      "relay-ping-key has a value, which the database's Vault holds too: npm run ops -- secrets rotate relay-ping-key",
    );
  }
  return await addVersion(
    context,
    name,
    enabled.map(({ number }) => number),
  );
};

/** The next value: of the ping key a random one, stored in Vault as well; of the others as `set`. */
export const rotateSecret: SecretAction = async (context, text) => {
  const name = readSecretName(text);
  if (name !== "relay-ping-key") return await setSecret(context, name);
  const dryRun = context.input.arguments.flags.has("dry-run");
  const { kind, version, older } = await rotatePingKey({ ...context, dryRun });
  const would = dryRun ? "would be " : "";
  const did = {
    rotated: `relay-ping-key ${dryRun ? "would get" : "has"} version ${version}, in Secret Manager and in the database's Vault.`,
    finished: `An earlier rotation had stopped halfway; version ${version} ${would}stored in Vault ${dryRun ? "" : "now"}.`,
  }[kind].replaceAll(/ +\./g, ".");
  const lines = [
    did,
    "The relay reads it within five minutes; until then the sweep publishes, a minute late at most. Nothing is lost.",
    ...olderLines(name, older, context),
  ];
  return { report: { ok: true, dryRun, name, kind, version, olderEnabled: older, restarts: [] }, lines, ok: true };
};

async function addVersion(context: SecretContext, name: SecretName, older: readonly number[]): Promise<CommandResult> {
  const { input, versions, environment } = context;
  const dryRun = input.arguments.flags.has("dry-run");
  const value = new Secret(await valueFor(context, name));
  const probe = await checked(context, name, value);
  const version = dryRun ? (older[0] ?? 0) + 1 : await versions.add(name, value);
  const restarts = readersOf(name).flatMap((reader) => (reader.when === "start" ? [reader.function] : []));
  const lines = [
    `${name} ${dryRun ? "would get" : "has"} version ${version} in ${environment.projectId}. ${checkInWords(probe)}`,
    ...restartLines(restarts, environment.name),
    ...olderLines(name, older, context),
  ];
  return { report: { ok: true, dryRun, name, version, probe, restarts, olderEnabled: older }, lines, ok: true };
}

async function valueFor({ input, readValue }: SecretContext, name: SecretName): Promise<string> {
  if (!input.arguments.flags.has("generate")) return await readValue(name);
  const { generate, from } = secretRules[name];
  if (generate !== undefined) return generate();
  throw new CommandError(`${name} cannot be generated: it comes from ${from}.`);
}

/** A value of the wrong shape, or one that its service refuses, is not stored. */
async function checked({ input, probe }: SecretContext, name: SecretName, value: Secret): Promise<ProbeResult> {
  if (input.arguments.flags.has("unchecked")) return { result: "unchecked", detail: "not asked for" };
  const anyway = "--unchecked stores it all the same.";
  const problem = shapeProblem(name, value.reveal());
  if (problem !== null) {
    throw new CommandError(`That is no ${name}: ${problem}. It comes from ${secretRules[name].from}. ${anyway}`);
  }
  const result = await probeSecret(name, value, probe);
  if (result.result === "refused") throw new CommandError(`Nothing was stored: ${result.detail}. ${anyway}`);
  return result;
}

const checkInWords = ({ result, detail }: ProbeResult): string =>
  result === "accepted" ? `Checked: ${detail}.` : `Not checked: ${detail}.`;

const restartLines = (restarts: readonly string[], environment: string): string[] =>
  restarts.length === 0
    ? []
    : [`Read when an instance starts, by ${restarts.join(", ")}. To start them anew: npm run deploy -- ${environment}`];

const olderLines = (name: SecretName, older: readonly number[], { environment }: SecretContext): string[] =>
  older.length === 0
    ? []
    : [
        `Still enabled: version ${older.join(", ")}. When nothing uses it: npm run ops -- secrets disable-old ${name} --env ${environment.name}`,
      ];
