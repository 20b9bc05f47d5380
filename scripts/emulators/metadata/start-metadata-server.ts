import type { ServiceAccountTokens } from "../oauth/start-oauth-emulator.ts";
import type { Emulator, EmulatorClock } from "../rest/emulator.ts";
import type { Call, Operation, Reply } from "../rest/operation.ts";
import type { RestServer } from "../rest/server.ts";
import { startRestServer } from "../rest/server.ts";

export interface MetadataServerOptions {
  readonly port?: number;
  /** E-mail of the one service account that this "machine" runs as. */
  readonly serviceAccount: string;
  readonly projectId: string;
  readonly region?: string;
  /** Where the tokens come from: the OAuth emulator. */
  readonly tokens: ServiceAccountTokens;
  readonly clock: EmulatorClock;
}

export interface MetadataServer extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** `127.0.0.1:PORT`, for GCE_METADATA_HOST. */
  readonly host: string;
}

/** Any number; Google's has twelve digits. */
const PROJECT_NUMBER = "100000000001";
const SCOPES = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"];
const FLAVOR = { "metadata-flavor": "Google" };

type State = Omit<MetadataServerOptions, "port" | "clock">;
type Answer = (state: State, call: Call) => string | object | Promise<string>;

const account = "instance/service-accounts/:account";

/** Paths under /computeMetadata/v1 (cloud.google.com/compute/docs/metadata/predefined-metadata-keys). */
const ANSWERS: readonly { path: string; query?: readonly string[]; answer: Answer }[] = [
  { path: "instance{/}?", query: ["recursive"], answer: (state) => ({ ...instance(state) }) },
  { path: "instance/region", answer: ({ region }) => `projects/${PROJECT_NUMBER}/regions/${region ?? "us-central1"}` },
  { path: "instance/zone", answer: ({ region }) => `projects/${PROJECT_NUMBER}/zones/${region ?? "us-central1"}-1` },
  { path: "instance/service-accounts{/}?", query: ["recursive"], answer: (state) => instance(state).serviceAccounts },
  { path: `${account}/email`, answer: (state) => state.serviceAccount },
  { path: `${account}/scopes`, answer: () => SCOPES.join("\n") },
  { path: `${account}/token`, query: ["scopes"], answer: accessToken },
  { path: `${account}/identity`, query: ["audience", "format", "licenses"], answer: identity },
  { path: "project/project-id", answer: (state) => state.projectId },
  { path: "project/numeric-project-id", answer: () => PROJECT_NUMBER },
  { path: "universe/universe-domain", answer: () => "googleapis.com" },
];

const operations: readonly Operation<State>[] = ANSWERS.map(({ path, query = [], answer }) => ({
  name: path,
  method: "GET",
  path: `/computeMetadata/v1/${path}`,
  query: ["timeout_sec", ...query],
  anonymous: true,
  run: (call, state) => screened(call, state, answer),
}));

/** Starts the metadata server of one service account. */
export async function startMetadataServer(options: MetadataServerOptions): Promise<MetadataServer> {
  const { clock, port, ...state } = options;
  const server = await startRestServer<State>({
    name: "GCE metadata",
    port: port ?? 0,
    operations,
    state,
    authority: { principalOf: () => null },
    clock,
  });
  return { ...server, host: new URL(server.url).host };
}

/** The header keeps requests out that a page or a proxy was tricked into making. */
async function screened(call: Call, state: State, answer: Answer): Promise<Reply> {
  if (call.headers.get("metadata-flavor") !== "Google" || call.headers.has("x-forwarded-for")) {
    return text(403, "Missing required header: Metadata-Flavor");
  }
  const named = call.params["account"] ?? "default";
  if (named !== "default" && named !== state.serviceAccount) return text(404, "Service account not found");
  const value = await answer(state, call);
  if (value === "") return text(400, "non-empty audience parameter required");
  return typeof value === "string" ? text(200, value) : { status: 200, headers: FLAVOR, json: value };
}

function accessToken(state: State): object {
  const { token, expiresInSeconds } = state.tokens.accessToken(state.serviceAccount);
  return { access_token: token, expires_in: expiresInSeconds, token_type: "Bearer" };
}

/** Empty without an audience. */
async function identity(state: State, call: Call): Promise<string> {
  const audience = call.query.get("audience") ?? "";
  return audience === "" ? "" : await state.tokens.mintIdToken({ email: state.serviceAccount, audience });
}

function instance({ serviceAccount }: State) {
  const one = { aliases: ["default"], email: serviceAccount, scopes: SCOPES };
  return { serviceAccounts: { default: one, [serviceAccount]: one } };
}

function text(status: number, body: string): Reply {
  return { status, headers: { ...FLAVOR, "content-type": "application/text" }, bytes: Buffer.from(body) };
}
