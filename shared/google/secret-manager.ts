import { secretmanager as secretManagerApi } from "googleapis/build/src/apis/secretmanager/index.js";
import { serviceAuth } from "#google/service-auth.ts";
import type { Clock } from "#kernel/clock.ts";
import { Secret } from "#kernel/secret.ts";
import { RetryableError } from "#kernel/verdicts.ts";

/** A rotated secret is picked up within this time. */
const CACHE_MS = 5 * 60_000;
const ACCESS_TIMEOUT_MS = 10_000;

export interface SecretReaderOptions {
  readonly projectId: string;
  readonly clock: Clock;
  /** Points the client at an emulator; unset means Google. */
  readonly endpoint?: string | undefined;
}

/** Reads one secret's latest version over REST, cached for five minutes and read once for many. */
export function makeSecretReader(options: SecretReaderOptions, name: string): () => Promise<Secret> {
  const rootUrl = options.endpoint === undefined ? {} : { rootUrl: `${options.endpoint}/` };
  const auth = serviceAuth(options.projectId, "cloud-platform");
  const { versions } = secretManagerApi({ version: "v1", auth, ...rootUrl }).projects.secrets;
  const read = async (): Promise<Secret> => {
    const version = `projects/${options.projectId}/secrets/${name}/versions/latest`;
    const { data } = await versions.access({ name: version }, { timeout: ACCESS_TIMEOUT_MS });
    const payload = data.payload?.data ?? "";
    if (payload === "") throw new RetryableError(`secret ${name} has no payload`, { code: "secret_empty" });
    return new Secret(Buffer.from(payload, "base64").toString("utf8"));
  };
  let cached: { readonly secret: Promise<Secret>; readonly readAt: number } | null = null;
  return () => {
    const now = options.clock.now().getTime();
    if (cached !== null && now - cached.readAt < CACHE_MS) return cached.secret;
    const reading = { secret: read(), readAt: now };
    cached = reading;
    // A failure is not kept; whoever waits for it hears of it.
    reading.secret.catch(() => {
      if (cached === reading) cached = null;
    });
    return reading.secret;
  };
}
