import { shell } from "./commands.ts";
import { type Check, fail, pass, unknown, type Verdict } from "./finding.ts";
import { safeEndpoint } from "./google-clients.ts";
import { consoleLink, type GoogleContext, googleCheck, projectFlag } from "./google-context.ts";
import { readAuthorizationReply } from "./oauth-probe.ts";

export interface OAuthContext extends GoogleContext {
  readonly variables: Readonly<Record<string, string | undefined>>;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** The OAuth client with which consultants connect: its redirect address and its secret, tried out. */
export function oauthChecks(context: OAuthContext): Check[] {
  return [
    googleCheck("OAuth redirect address", () => judgeRedirect(context)),
    googleCheck("OAuth client secret", () => judgeSecret(context)),
  ];
}

/** What google-auth was deployed with is what consultants meet; what the operator says stands in for it. */
async function clientOf({ target, facts }: OAuthContext) {
  const deployed = await facts.deployed("google-auth").catch(() => null);
  const variables = deployed?.serviceConfig?.environmentVariables ?? {};
  return {
    clientId: variables["GOOGLE_CLIENT_ID"] ?? target.clientId,
    redirectUri: variables["GOOGLE_REDIRECT_URI"] ?? target.redirectUri,
  };
}

function originOf({ variables }: OAuthContext, google: string): string {
  const other = variables["GOOGLE_OAUTH_ENDPOINT"];
  return other ? safeEndpoint("GOOGLE_OAUTH_ENDPOINT", other).origin : google;
}

const CLIENT_IS_GONE = new Set(["invalid_client", "deleted_client", "disabled_client", "unauthorized_client"]);

async function judgeRedirect(context: OAuthContext): Promise<Verdict> {
  const link = consoleLink(context.target, "auth/clients");
  const { clientId, redirectUri } = await clientOf(context);
  if (clientId === null || redirectUri === null) {
    return unknown(
      "google-auth is not deployed, and no GOOGLE_CLIENT_ID and GOOGLE_REDIRECT_URI are set",
      `Look: ${link}`,
    );
  }
  const origin = originOf(context, "https://accounts.google.com");
  const query = new URLSearchParams({
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope: "openid" },
    ...{ prompt: "select_account", state: "doctor" },
  });
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const answered = await fetch(`${origin}/o/oauth2/v2/auth?${query}`, { redirect: "manual", signal });
  const reply = { status: answered.status, location: answered.headers.get("location"), body: await answered.text() };
  const answer = readAuthorizationReply(reply, origin);
  if (answer.kind === "accepted") return pass(`${redirectUri} is registered`);
  if (answer.kind === "unclear") {
    return unknown(`Google's answer (${reply.status}) does not tell`, `Look whether ${redirectUri} is there: ${link}`);
  }
  if (answer.code === "redirect_uri_mismatch") {
    const mend = `Add it under "Authorized redirect URIs", character by character: ${link}`;
    return fail(`the client does not know ${redirectUri}`, mend);
  }
  if (CLIENT_IS_GONE.has(answer.code)) {
    return fail(`Google does not know the client ${clientId} (${answer.code})`, `Look: ${link}`);
  }
  return unknown(`Google refuses the question (${answer.code})`, `Look whether ${redirectUri} is there: ${link}`);
}

/** A code that nobody was given is `invalid_grant` for the right secret and `invalid_client` for a wrong one. */
async function judgeSecret(context: OAuthContext): Promise<Verdict> {
  const { target, facts, variables } = context;
  const { clientId, redirectUri } = await clientOf(context);
  const secret = await secretValue(facts, variables["GOOGLE_CLIENT_SECRET"]);
  if (clientId === null || secret === null) {
    return unknown(
      "there is no client id or no secret to try",
      "Set GOOGLE_CLIENT_ID, and see the secret's own check.",
    );
  }
  const body = new URLSearchParams({
    ...{ grant_type: "authorization_code", code: "doctor", client_id: clientId, client_secret: secret },
    redirect_uri: redirectUri ?? "https://example.com/callback",
  });
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const origin = originOf(context, "https://oauth2.googleapis.com");
  const answered = await fetch(`${origin}/token`, { method: "POST", body, redirect: "error", signal });
  const code = errorOf(await answered.json().catch(() => null));
  if (code === "invalid_grant" || code === "redirect_uri_mismatch") return pass("Google accepts it");
  const link = consoleLink(target, "auth/clients");
  if (!CLIENT_IS_GONE.has(code)) return unknown(`Google's answer (${answered.status}) does not tell`, `Look: ${link}`);
  return fail(
    `Google refuses it (${code})`,
    `Pipe the client's secret from ${link} into the command, then deploy, so that functions start with it.`,
    shell("gcloud", "secrets", "versions", "add", "google-client-secret", "--data-file=-", projectFlag(target)),
  );
}

/** Secret Manager's, which functions get; the operator's own where they may not read that. */
async function secretValue(facts: OAuthContext["facts"], own: string | undefined): Promise<string | null> {
  try {
    return await facts.secretValue("google-client-secret");
  } catch (error) {
    if (own) return own;
    throw error;
  }
}

function errorOf(answer: unknown): string {
  const { error } = (answer ?? {}) as { error?: unknown };
  return typeof error === "string" && /^[a-z_]{3,40}$/.test(error) ? error : "";
}
