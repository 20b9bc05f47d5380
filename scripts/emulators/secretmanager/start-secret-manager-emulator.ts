import { z } from "zod";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import type { Permits } from "../rest/iam-policy.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";
import type { SecretManagerState } from "./operations.ts";
import { operations } from "./operations.ts";
import { ACCESSOR, SecretStore } from "./secret-store.ts";

export interface SecretManagerEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  /** Service accounts that may create and change secrets through the API; default none. */
  readonly admins?: readonly string[];
  /** Who else may do what with every secret, by the project's policy; default nobody. */
  readonly permits?: Permits;
}

export interface NewSecret {
  /** `projects/P/secrets/S` */
  readonly name: string;
  readonly value: string;
  /** Service accounts that may read it; added to those that may already. */
  readonly accessors?: readonly string[];
}

export interface SecretManagerEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** Creates the secret where it is missing and adds a version with this value; returns the version's number. */
  putSecret(secret: NewSecret): number;
}

const newSecret = z.strictObject({
  name: z.string().regex(/^projects\/[^/]+\/secrets\/[^/]+$/),
  value: z.string().min(1),
  accessors: z.array(z.string()).default([]),
});

/** Starts Secret Manager (REST). */
export async function startSecretManagerEmulator(
  options: SecretManagerEmulatorOptions,
): Promise<SecretManagerEmulator> {
  const { authority, clock } = options;
  const store = new SecretStore(() => clock.now());
  const server = await startRestServer<SecretManagerState>({
    name: "Secret Manager",
    port: options.port ?? 0,
    operations,
    control: [putSecretOperation],
    state: { store, admins: new Set(options.admins), permits: options.permits ?? (() => false) },
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => store.clear(),
  });
  return { ...server, putSecret: (secret) => putSecret(store, secret) };
}

const putSecretOperation: Operation<SecretManagerState> = {
  name: "control.putSecret",
  method: "POST",
  path: "/emulator/secrets",
  query: [],
  anonymous: true,
  ...withBody<SecretManagerState, typeof newSecret>(newSecret, (secret, _call, { store }) =>
    ok({ version: putSecret(store, secret) }),
  ),
};

function putSecret(store: SecretStore, { name, value, accessors = [] }: NewSecret): number {
  const secret = store.find(name) ?? store.create(name);
  for (const email of accessors) secret.policy.grant(ACCESSOR, `serviceAccount:${email}`);
  return store.addVersion(name, Buffer.from(value)).number;
}
