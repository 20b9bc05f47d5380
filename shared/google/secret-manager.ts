import type { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { readyClient } from "#google/ready-client.ts";
import { restEndpoint } from "#google/rest-endpoint.ts";
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

/** Reads one secret's latest version through the official client, cached for five minutes and read once for many. */
export function makeSecretReader(options: SecretReaderOptions, name: string): () => Promise<Secret> {
  const client = readyClient(async () => {
    const { SecretManagerServiceClient } = await import("@google-cloud/secret-manager");
    return new SecretManagerServiceClient({ fallback: "rest", ...restEndpoint(options.endpoint) });
  });
  let cached: { readonly secret: Promise<Secret>; readonly readAt: number } | null = null;
  return () => {
    const now = options.clock.now().getTime();
    if (cached !== null && now - cached.readAt < CACHE_MS) return cached.secret;
    const reading = { secret: access(client, `projects/${options.projectId}/secrets/${name}`), readAt: now };
    cached = reading;
    // A failure is not kept; whoever waits for it hears of it.
    reading.secret.catch(() => {
      if (cached === reading) cached = null;
    });
    return reading.secret;
  };
}

async function access(client: () => Promise<SecretManagerServiceClient>, name: string): Promise<Secret> {
  const [version] = await (await client()).accessSecretVersion(
    { name: `${name}/versions/latest` },
    { timeout: ACCESS_TIMEOUT_MS },
  );
  const data = version.payload?.data;
  if (data === undefined || data === null || data.length === 0) {
    throw new RetryableError(`secret ${name} has no payload`, { code: "secret_empty" });
  }
  return new Secret(Buffer.from(data).toString("utf8"));
}
