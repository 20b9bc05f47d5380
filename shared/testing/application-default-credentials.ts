import { vi } from "vitest";
import { startMetadataServer } from "../../scripts/emulators/metadata/start-metadata-server.ts";
import { type OAuthEmulator, startOAuthEmulator } from "../../scripts/emulators/oauth/start-oauth-emulator.ts";
import { scaledClock } from "../../scripts/emulators/rest/emulator.ts";

export interface TestIdentity {
  /** Knows the service account's tokens, and makes users' ones. */
  readonly oauth: OAuthEmulator;
  /** Points this process at it; in `beforeEach`, since vitest restores the environment before each test. */
  assume(): void;
  stop(): Promise<void>;
}

/** An identity for Google's clients in this process: a service account of the emulated project. */
export async function useServiceAccount(name: string, projectId: string): Promise<TestIdentity> {
  const clock = scaledClock(1);
  const oauth = await startOAuthEmulator({ clock, clients: [] });
  const serviceAccount = `${name}@${projectId}.iam.gserviceaccount.com`;
  const metadata = await startMetadataServer({ serviceAccount, projectId, tokens: oauth, clock });
  const assume = (): void => {
    vi.stubEnv("GCE_METADATA_HOST", metadata.host);
    vi.stubEnv("METADATA_SERVER_DETECTION", "assume-present");
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
    vi.stubEnv("HOME", "/nonexistent");
  };
  return {
    oauth,
    assume,
    stop: async () => {
      await Promise.all([oauth.stop(), metadata.stop()]);
    },
  };
}
