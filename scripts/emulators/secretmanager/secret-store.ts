import { crc32c } from "@node-rs/crc32";
import { GoogleError } from "../rest/errors.ts";
import { PolicyHolder } from "../rest/iam-policy.ts";

/** cloud.google.com/secret-manager/quotas */
const MAX_PAYLOAD_BYTES = 65_536;

export const ACCESSOR = "roles/secretmanager.secretAccessor";

export const versionStates = ["ENABLED", "DISABLED", "DESTROYED"] as const;
export type VersionState = (typeof versionStates)[number];

export interface SecretVersion {
  readonly number: number;
  readonly createdAt: Date;
  state: VersionState;
  /** Null once destroyed. */
  data: Buffer | null;
}

export interface Secret {
  readonly name: string;
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
  readonly versions: SecretVersion[];
  readonly policy: PolicyHolder;
  /** Whether the service account has the role Secret Accessor on this very secret. */
  isReadBy(email: string): boolean;
}

/** Secrets by full name (`projects/P/secrets/S`). */
export class SecretStore {
  readonly #secrets = new Map<string, Secret>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  create(name: string, labels: Readonly<Record<string, string>> = {}): Secret {
    const id = name.split("/").at(-1) ?? "";
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(id))
      throw invalid(`The provided Secret ID [${id}] does not match the expected format.`);
    if (this.#secrets.has(name)) {
      throw new GoogleError(409, "alreadyExists", `Secret [${name}] already exists.`, "ALREADY_EXISTS");
    }
    const policy = new PolicyHolder();
    const isReadBy = (email: string): boolean => policy.gives(ACCESSOR, `serviceAccount:${email}`);
    const secret: Secret = { name, createdAt: this.#now(), labels, versions: [], policy, isReadBy };
    this.#secrets.set(name, secret);
    return secret;
  }

  find(name: string): Secret | null {
    return this.#secrets.get(name) ?? null;
  }

  get(name: string): Secret {
    const secret = this.find(name);
    if (secret === null) throw notFound(`Secret [${name}] not found.`);
    return secret;
  }

  list(project: string): readonly Secret[] {
    return [...this.#secrets.values()].filter((secret) => secret.name.startsWith(`projects/${project}/`));
  }

  addVersion(name: string, data: Buffer): SecretVersion {
    const { versions } = this.get(name);
    if (data.length === 0 || data.length > MAX_PAYLOAD_BYTES) {
      throw invalid(`The payload must have 1 to ${MAX_PAYLOAD_BYTES} bytes, not ${data.length}.`);
    }
    const version: SecretVersion = { number: versions.length + 1, createdAt: this.#now(), state: "ENABLED", data };
    versions.push(version);
    return version;
  }

  /** `version` is a number or `latest`, which is the newest whatever its state. */
  version(name: string, version: string): SecretVersion {
    const { versions } = this.get(name);
    const found = version === "latest" ? versions.at(-1) : versions[Number(version) - 1];
    if (found === undefined) throw notFound(`Secret Version [${name}/versions/${version}] not found.`);
    return found;
  }

  setState(name: string, version: string, state: VersionState): SecretVersion {
    const found = this.version(name, version);
    if (found.state === "DESTROYED") throw notUsable(name, found);
    found.state = state;
    if (state === "DESTROYED") found.data = null;
    return found;
  }

  /** The payload of an enabled version. */
  payload(name: string, version: string): { version: SecretVersion; data: Buffer } {
    const found = this.version(name, version);
    if (found.state !== "ENABLED" || found.data === null) throw notUsable(name, found);
    return { version: found, data: found.data };
  }

  clear(): void {
    this.#secrets.clear();
  }
}

/** Unsigned CRC-32C, as payloads carry it. */
export function payloadChecksum(data: Buffer): string {
  return String(crc32c(data) >>> 0);
}

export const invalid = (message: string): GoogleError =>
  new GoogleError(400, "badRequest", message, "INVALID_ARGUMENT");
const notFound = (message: string): GoogleError => new GoogleError(404, "notFound", message, "NOT_FOUND");

function notUsable(name: string, { number, state }: SecretVersion): GoogleError {
  const message = `Secret Version [${name}/versions/${number}] is in ${state} state.`;
  return new GoogleError(400, "failedPrecondition", message, "FAILED_PRECONDITION");
}
