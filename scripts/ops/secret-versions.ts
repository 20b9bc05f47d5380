import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { crc32c } from "@node-rs/crc32";
import { readyClient } from "#google/ready-client.ts";
import { restEndpoint } from "#google/rest-endpoint.ts";
import { Secret } from "#kernel/secret.ts";
import type { SecretName } from "../../infra/topology/functions.ts";
import { CommandError } from "./command.ts";

const TIMEOUT_MS = 15_000;

export interface SecretVersion {
  readonly number: number;
  readonly createdAt: Date;
}

/** The secrets of one project; values go in and out wrapped. */
export interface SecretVersions {
  /** Enabled versions, newest first; null: there is no such secret. */
  enabled(name: SecretName): Promise<readonly SecretVersion[] | null>;
  /** The value of a version. */
  value(name: SecretName, version: number): Promise<Secret>;
  /** Adds a version and answers its number. */
  add(name: SecretName, value: Secret): Promise<number>;
  /** Can be undone in the console; nothing is destroyed. */
  disable(name: SecretName, version: number): Promise<void>;
  close(): Promise<void>;
}

export interface SecretVersionsOptions {
  readonly projectId: string;
  /** Points the client at an emulator; unset means Google. */
  readonly endpoint?: string | undefined;
}

/** Through the official client, with the credentials that the machine has. Errors are sentences for the operator. */
export function openSecretVersions({ projectId, endpoint }: SecretVersionsOptions): SecretVersions {
  let opened: SecretManagerServiceClient | null = null;
  const client = readyClient(() => {
    opened = new SecretManagerServiceClient({ fallback: "rest", projectId, ...restEndpoint(endpoint) });
    return opened;
  });
  const secret = (name: string): string => `projects/${projectId}/secrets/${name}`;
  const told = <Answer>(work: (ready: SecretManagerServiceClient) => Promise<Answer>): Promise<Answer> =>
    client()
      .then(work)
      .catch((error: unknown) => {
        throw sentenceOf(error, projectId);
      });
  return {
    enabled: (name) => told((ready) => listEnabled(ready, secret(name))),
    value: (name, version) =>
      told(async (ready) => {
        const [answer] = await ready.accessSecretVersion(
          { name: `${secret(name)}/versions/${version}` },
          { timeout: TIMEOUT_MS },
        );
        return new Secret(Buffer.from(answer.payload?.data ?? "").toString("utf8"));
      }),
    add: (name, value) =>
      told(async (ready) => {
        const data = Buffer.from(value.reveal());
        const payload = { data, dataCrc32c: crc32c(data) >>> 0 };
        const [version] = await ready.addSecretVersion({ parent: secret(name), payload }, { timeout: TIMEOUT_MS });
        return numberOf(version.name);
      }),
    disable: (name, version) =>
      told(async (ready) => {
        await ready.disableSecretVersion({ name: `${secret(name)}/versions/${version}` }, { timeout: TIMEOUT_MS });
      }),
    close: async () => {
      await opened?.close();
    },
  };
}

const NOT_FOUND = 5;

async function listEnabled(
  client: SecretManagerServiceClient,
  parent: string,
): Promise<readonly SecretVersion[] | null> {
  try {
    const [versions] = await client.listSecretVersions({ parent, filter: "state:ENABLED" }, { timeout: TIMEOUT_MS });
    return versions
      .map(({ name, createTime }) => ({
        number: numberOf(name),
        createdAt: new Date(Number(createTime?.seconds ?? 0) * 1000),
      }))
      .toSorted((a, b) => b.number - a.number);
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_FOUND) return null;
    throw error;
  }
}

const numberOf = (name: string | null | undefined): number => Number(name?.split("/").at(-1));

/** google.rpc.Code, or the text of a client without credentials -> what to do. */
const MENDS: readonly (readonly [RegExp, (projectId: string) => string])[] = [
  [
    /SERVICE_DISABLED|has not been used in project/,
    () => "Secret Manager is not enabled in the project yet; the bootstrap does it: npm run deploy",
  ],
  [
    /^7 |PERMISSION_DENIED|IAM_PERMISSION_DENIED/,
    (projectId) =>
      `Your account may not do that in project ${projectId}; it needs the role Secret Manager Admin there.`,
  ],
  [
    /default credentials|^16 |UNAUTHENTICATED|invalid_grant|invalid_rapt/,
    () => "Google does not know who you are. Run: gcloud auth application-default login",
  ],
  [
    /^5 |NOT_FOUND/,
    (projectId) => `The secret is not there: the bootstrap of project ${projectId} makes it: npm run deploy`,
  ],
  [/^4 |^14 |ECONNREFUSED|ENOTFOUND|ETIMEDOUT|fetch failed/, () => "Secret Manager does not answer. Try again."],
];

function sentenceOf(error: unknown, projectId: string): CommandError {
  if (error instanceof CommandError) return error;
  const { message, reason, code } = error as Error & { reason?: string; code?: number | string };
  const text = `${code ?? ""} ${message} ${reason ?? ""}`;
  const mend = MENDS.find(([pattern]) => pattern.test(text))?.[1](projectId);
  return new CommandError(mend ?? `Secret Manager answered: ${message.split("\n")[0]?.slice(0, 200)}`, error);
}
