import pg from "pg";
import { type DeployedFunction, type FunctionName, functions } from "../../infra/topology/functions.ts";
import type { Addresses } from "./addresses.ts";
import { createBuckets, createPubsubTopology, localSecretValues } from "./apply-topology.ts";
import { freePort } from "./database/free-port.ts";
import { type LocalSupabase, startSupabase } from "./database/start-supabase.ts";
import { environmentOf } from "./function-environment.ts";
import type { FunctionProcess } from "./function-process.ts";
import { grantPubsub, localInstallation } from "./installation.ts";
import { DEFAULT_TIME_SCALE, operatorIdentity, serviceAccount } from "./local-project.ts";
import { operatorEnvironmentOf } from "./operator-environment.ts";
import { startScheduler } from "./scheduler.ts";
import { startFunctions } from "./start-functions.ts";
import { type GoogleEmulators, startGoogleEmulators } from "./start-google.ts";
import { type Keep, startTogether } from "./start-together.ts";

export interface StackOptions {
  /** Periods of the topology times this; DEFAULT_TIME_SCALE when absent. */
  readonly timeScale?: number;
  /** Addresses of services that are already there and replace our own. */
  readonly foreign?: { readonly pubsubHost?: string | undefined; readonly storage?: string | undefined };
  /** Lets clients use Storage without a token, as the official one does with a custom endpoint. */
  readonly openStorage?: boolean;
  /** Told what is being started. */
  readonly onProgress?: (step: string) => void;
}

/** What the functions stand on: the database and Google, wired as the topology says. */
export interface LocalServices {
  readonly addresses: Addresses;
  /** Variables with which `npm run ops` works on this stack. */
  readonly operatorEnvironment: Readonly<Record<string, string>>;
  readonly supabase: LocalSupabase;
  readonly google: GoogleEmulators;
  readonly functionUrl: (name: string) => string;
  /** What a cloud stack would give a function; starts the metadata server of its service account. */
  readonly environmentFor: (fn: DeployedFunction) => Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** Everything of the product on this machine. */
export interface LocalStack extends LocalServices {
  readonly functions: ReadonlyMap<FunctionName, FunctionProcess>;
  readonly logsFolder: string;
}

/** pg_net's worker rests this long between two passes. */
const PG_NET_PAUSE_MS = 1_000;

/** Starts the whole stack; if any part fails, what was started is stopped again. */
export function startStack(options: StackOptions = {}): Promise<LocalStack> {
  return startGuarded((keep) => startParts(options, keep));
}

/**
 * The stack without its functions and their scheduler: whoever starts functions one by one calls them too, with the
 * messages that wait in pull subscriptions.
 */
export function startServices(options: Omit<StackOptions, "foreign"> = {}): Promise<LocalServices> {
  return startGuarded(async (keep) => (await startServiceParts({ ...options, push: false }, keep)).services);
}

async function startGuarded<Started>(
  start: (keep: Keep) => Promise<Started>,
): Promise<Started & { stop(): Promise<void> }> {
  // Google's clients in this process talk to emulators: none may go looking for a metadata server.
  process.env["METADATA_SERVER_DETECTION"] ??= "none";
  // The Storage client would follow this variable past the address it is given, and drop a part of the path.
  delete process.env["STORAGE_EMULATOR_HOST"];
  try {
    return await startTogether(start);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    throw new Error(`The project's folder must be writable for you: .local/ keeps data and logs (${message}).`, {
      cause: error,
    });
  }
}

async function startParts(options: StackOptions, keep: Keep): Promise<Omit<LocalStack, "stop">> {
  const { timeScale = DEFAULT_TIME_SCALE, foreign = {}, onProgress } = options;
  const push = foreign.pubsubHost === undefined;
  const { services, portOf } = await startServiceParts({ ...options, push }, keep);
  const { functionUrl, environmentFor } = services;

  onProgress?.(`${functions.length} functions`);
  const { processes, logsFolder } = await startFunctions({ environmentFor, keep, portOf });
  const { mintIdToken, administration: jobs } = services.google;
  keep(startScheduler({ timeScale, functionUrl, mintIdToken, jobs }));
  if (foreign.pubsubHost !== undefined) {
    const { startPushBridge } = await import("./push-bridge.ts");
    keep(startPushBridge({ functionUrl, mintIdToken, pubsubHost: foreign.pubsubHost }));
  }
  return { ...services, logsFolder, functions: new Map(processes.map((running) => [running.name, running])) };
}

async function startServiceParts(options: StackOptions & { readonly push: boolean }, keep: Keep) {
  const { timeScale = DEFAULT_TIME_SCALE, openStorage = false, foreign = {}, onProgress = () => undefined } = options;
  const ports = new Map(
    await Promise.all(functions.map(async ({ name }) => [name as string, await freePort()] as const)),
  );
  const portOf = (name: string): number => ports.get(name) ?? 0;
  const functionUrl = (name: string): string => `http://127.0.0.1:${portOf(name)}`;
  const redirectUri = `${functionUrl("google-auth")}/callback`;

  onProgress("Postgres, PostgREST and the Google emulators");
  const [supabase, google] = await Promise.all([
    startSupabase({ pgNetPassDelayMs: PG_NET_PAUSE_MS * timeScale }).then(keep),
    startGoogleEmulators({ timeScale, redirectUri, openStorage, foreign }).then(keep),
  ]);
  const addresses: Addresses = {
    ...google.addresses,
    supabaseUrl: supabase.url,
    supabaseSecretKey: supabase.secretKey,
    supabasePublishableKey: supabase.publishableKey,
    databaseUrl: supabase.databaseUrl,
  };

  onProgress("topics, subscriptions, bucket and secrets");
  const secrets = localSecretValues(supabase.secretKey);
  await Promise.all([
    foreign.storage === undefined ? undefined : createBuckets(foreign.storage),
    createPubsubTopology({ pubsubHost: addresses.pubsubHost, functionUrl, push: options.push }),
    tellDatabase(supabase, { relayUrl: functionUrl("relay-outbox"), pingKey: secrets["relay-ping-key"] ?? "" }),
  ]);
  const secretValue = (name: string): string => secrets[name] ?? "";
  storeSecrets(google, secretValue);
  google.administration.install(localInstallation({ addresses, timeScale, redirectUri, functionUrl }));
  if (google.pubsub !== null) grantPubsub(google.pubsub);
  const operatorEnvironment = operatorEnvironmentOf({
    ...{ addresses, redirectUri, metadataHost: await google.metadataHostOf(operatorIdentity) },
  });
  const environmentFor: LocalServices["environmentFor"] = async (fn) => {
    const metadataHost = await google.metadataHostOf(serviceAccount(fn.name));
    return environmentOf(fn, { addresses, timeScale, redirectUri, functionUrl, secretValue, metadataHost });
  };
  return { services: { addresses, operatorEnvironment, supabase, google, functionUrl, environmentFor }, portOf };
}

/** What an operator stores in Vault: where the relay listens and the key its pings are signed with. */
async function tellDatabase(
  supabase: LocalSupabase,
  { relayUrl, pingKey }: { readonly relayUrl: string; readonly pingKey: string },
): Promise<void> {
  const client = new pg.Client({ connectionString: supabase.databaseUrl });
  await client.connect();
  try {
    const create = "select vault.create_secret($1, $2)";
    await client.query(create, [relayUrl, "relay_outbox_url"]);
    await client.query(create, [pingKey, "relay_ping_key"]);
  } finally {
    await client.end();
  }
}

/** Each secret may be read by the functions that bind it; the relay reads the key of its pings itself. */
function storeSecrets(google: GoogleEmulators, secretValue: (name: string) => string): void {
  for (const { name, secrets } of functions) {
    for (const { secret } of secrets) google.putSecret(secret, secretValue(secret), serviceAccount(name));
  }
  google.putSecret("relay-ping-key", secretValue("relay-ping-key"), serviceAccount("relay-outbox"));
}
