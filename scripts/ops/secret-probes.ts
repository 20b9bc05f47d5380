import { createTransport } from "nodemailer";
import type { Secret } from "#kernel/secret.ts";
import { makeSupabase } from "#supabase/client.ts";
import type { Environment } from "../../infra/environment.ts";
import type { SecretName } from "../../infra/topology/functions.ts";

/** What whoever takes the secret says of it. */
export interface ProbeResult {
  readonly result: "accepted" | "refused" | "unchecked";
  readonly detail: string;
}

export interface ProbeContext {
  readonly environment: Environment;
  /** Google's token endpoint; an emulator's in tests. */
  readonly oauthEndpoint?: string | undefined;
}

const TIMEOUT_MS = 10_000;
const IMPLICIT_TLS_PORT = 465;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);

type Probe = (value: Secret, context: ProbeContext) => Promise<ProbeResult>;

const PROBES: Readonly<Partial<Record<SecretName, Probe>>> = {
  "supabase-secret-key": askSupabase,
  "google-client-secret": askGoogle,
  "smtp-password": askMailServer,
};

/** Shows the value to whoever takes it, without changing anything there. Never throws. */
export async function probeSecret(name: SecretName, value: Secret, context: ProbeContext): Promise<ProbeResult> {
  const probe = PROBES[name];
  if (probe === undefined) return { result: "unchecked", detail: "nobody else knows it" };
  try {
    return await probe(value, context);
  } catch (error) {
    return unreachable(error);
  }
}

const unreachable = (error: unknown): ProbeResult => {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return { result: "unchecked", detail: `not reachable from here (${cause?.code ?? message.split("\n")[0]})` };
};

/** Any answer but a refusal of the key means that it is known; whether our function is there yet is another question. */
async function askSupabase(value: Secret, { environment }: ProbeContext): Promise<ProbeResult> {
  const supabase = makeSupabase({ url: environment.supabaseUrl, secretKey: value });
  const { error, status } = await supabase.rpc("inspect_installation");
  if (status === 0) return { result: "unchecked", detail: `${environment.supabaseUrl} is not reachable from here` };
  if (status === 401 || status === 403 || error?.code === "42501") {
    return { result: "refused", detail: `${environment.supabaseUrl} does not take this key` };
  }
  return { result: "accepted", detail: `${environment.supabaseUrl} takes it` };
}

/** A refresh token that nobody has: Google looks at the client first, and says which of the two is wrong. */
async function askGoogle(value: Secret, { environment, oauthEndpoint }: ProbeContext): Promise<ProbeResult> {
  const answer = await fetch(`${oauthEndpoint ?? "https://oauth2.googleapis.com"}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: "none",
      client_id: environment.oauthClientId,
      client_secret: value.reveal(),
    }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { error } = (await answer.json()) as { error?: string };
  if (error === "invalid_grant") return { result: "accepted", detail: "Google takes it for this client id" };
  if (error === "invalid_client") {
    return { result: "refused", detail: `Google does not take it for the client ${environment.oauthClientId}` };
  }
  return { result: "unchecked", detail: `Google answered ${answer.status} ${error ?? ""}`.trim() };
}

async function askMailServer(value: Secret, { environment: { mail } }: ProbeContext): Promise<ProbeResult> {
  if (mail.user === undefined)
    return { result: "unchecked", detail: "the environment names no user of the mail server" };
  const transport = createTransport({
    ...{ host: mail.host, port: mail.port, secure: mail.port === IMPLICIT_TLS_PORT },
    requireTLS: mail.port !== IMPLICIT_TLS_PORT && !LOOPBACK.has(mail.host),
    auth: { user: mail.user, pass: value.reveal() },
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    await transport.verify();
    return { result: "accepted", detail: `${mail.host} takes it` };
  } catch (error) {
    const refused = (error as { code?: string }).code === "EAUTH";
    return refused
      ? { result: "refused", detail: `${mail.host} refuses the login of ${mail.user}` }
      : unreachable(error);
  } finally {
    transport.close();
  }
}
