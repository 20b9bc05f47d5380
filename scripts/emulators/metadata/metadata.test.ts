import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OAuthEmulator } from "../oauth/start-oauth-emulator.ts";
import { startOAuthEmulator } from "../oauth/start-oauth-emulator.ts";
import { scaledClock } from "../rest/emulator.ts";
import type { SecretManagerEmulator } from "../secretmanager/start-secret-manager-emulator.ts";
import { startSecretManagerEmulator } from "../secretmanager/start-secret-manager-emulator.ts";
import type { MetadataServer } from "./start-metadata-server.ts";
import { startMetadataServer } from "./start-metadata-server.ts";

const serviceAccount = "process-booking@booking-insights-local.iam.gserviceaccount.com";

describe("the metadata server", () => {
  let oauth: OAuthEmulator;
  let metadata: MetadataServer;
  let secrets: SecretManagerEmulator;

  beforeEach(async () => {
    const clock = scaledClock(1);
    oauth = await startOAuthEmulator({ clock, clients: [] });
    metadata = await startMetadataServer({ serviceAccount, projectId: "booking-insights-local", tokens: oauth, clock });
    secrets = await startSecretManagerEmulator({ authority: oauth, clock });
    vi.stubEnv("GCE_METADATA_HOST", metadata.host);
    vi.stubEnv("METADATA_SERVER_DETECTION", "assume-present");
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
    vi.stubEnv("HOME", "/nonexistent");
  });

  afterEach(() => Promise.all([oauth.stop(), metadata.stop(), secrets.stop()]));

  it("gives application default credentials an access token of its service account", async () => {
    const auth = new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
    const token = await auth.getAccessToken();
    expect(oauth.principalOf(token ?? "")).toEqual({ kind: "service_account", email: serviceAccount });
    expect(await auth.getProjectId()).toBe("booking-insights-local");
    expect(await auth.getCredentials()).toMatchObject({ client_email: serviceAccount });
  });

  it("is found by the library's own detection", async () => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "ping-only");
    expect(await new GoogleAuth().getAccessToken()).toMatch(/^ya29\./);
  });

  it("gives ID tokens for an audience", async () => {
    const client = await new GoogleAuth().getIdTokenClient("https://process-booking.example");
    const headers = await client.getRequestHeaders();
    const idToken = (headers.get("authorization") ?? "").slice("Bearer ".length);
    const endpoints = { oauth2FederatedSignonPemCertsUrl: `${oauth.url}/oauth2/v1/certs` };
    const verifier = new OAuth2Client({ endpoints });
    const ticket = await verifier.verifyIdToken({ idToken, audience: "https://process-booking.example" });
    expect(ticket.getPayload()).toMatchObject({ email: serviceAccount, email_verified: true });
  });

  it("lets a gax client in without any credential of its own", async () => {
    const name = "projects/booking-insights-local/secrets/relay-ping-key";
    secrets.putSecret({ name, value: "key", accessors: [serviceAccount] });
    const { hostname, port } = new URL(secrets.url);
    const options = { fallback: "rest" as const, apiEndpoint: hostname, port: Number(port), protocol: "http" };
    const client = new SecretManagerServiceClient(options);
    const [version] = await client.accessSecretVersion({ name: `${name}/versions/latest` });
    expect(version.payload?.data?.toString()).toBe("key");
    await client.close();
  });

  it("answers nobody without the flavor header, or through a proxy, or for another account", async () => {
    const get = (path: string, headers: Record<string, string>) =>
      fetch(`${metadata.url}/computeMetadata/v1/instance/service-accounts/${path}`, { headers });
    const flavor = { "metadata-flavor": "Google" };
    expect((await get("default/token", {})).status).toBe(403);
    expect((await get("default/token", { ...flavor, "x-forwarded-for": "10.0.0.1" })).status).toBe(403);
    expect((await get("other@p/token", flavor)).status).toBe(404);
    expect((await get("default/identity", flavor)).status).toBe(400);
    const email = await get("default/email", flavor);
    expect(email.headers.get("metadata-flavor")).toBe("Google");
    expect(await email.text()).toBe(serviceAccount);
  });
});
