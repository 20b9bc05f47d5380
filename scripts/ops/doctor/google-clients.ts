import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { GoogleAuth, type OAuth2Client } from "google-auth-library";
import { cloudfunctions } from "googleapis/build/src/apis/cloudfunctions/index.js";
import { cloudresourcemanager } from "googleapis/build/src/apis/cloudresourcemanager/index.js";
import { cloudscheduler } from "googleapis/build/src/apis/cloudscheduler/index.js";
import { iam } from "googleapis/build/src/apis/iam/index.js";
import { pubsub } from "googleapis/build/src/apis/pubsub/index.js";
import { run } from "googleapis/build/src/apis/run/index.js";
import { secretmanager } from "googleapis/build/src/apis/secretmanager/index.js";
import { serviceusage } from "googleapis/build/src/apis/serviceusage/index.js";
import { storage } from "googleapis/build/src/apis/storage/index.js";
import { CommandError } from "../command.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** One request, its repetitions included, has to fit into a check's deadline. */
const REQUEST_TIMEOUT_MS = 10_000;

export type GoogleClients = ReturnType<typeof clientsWith>;

/** Clients with the operator's Application Default Credentials; rejects when there are none or Google refuses them. */
export async function googleClients(variables: Variables, projectId: string): Promise<GoogleClients> {
  // A person's credentials have no project of their own: requests count for the one that is looked at.
  // The project is named, or the library would start gcloud to find one.
  const auth = new GoogleAuth({ scopes: SCOPES, projectId, clientOptions: { quotaProjectId: projectId } });
  const client = await auth.getClient();
  await client.getAccessToken();
  return clientsWith(client as OAuth2Client, variables);
}

/** Some 150 requests go to nine hosts: connections are kept. Idle ones do not keep the process. */
function keepConnections(): (url: URL) => HttpAgent {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return ({ protocol }) => (protocol === "http:" ? agents.http : agents.https);
}

function clientsWith(auth: OAuth2Client, variables: Variables) {
  const agent = keepConnections();
  const at = (variable: string) => ({ auth, agent, timeout: REQUEST_TIMEOUT_MS, ...rootUrl(variable, variables) });
  const administration = at("GOOGLE_ADMINISTRATION_ENDPOINT");
  return {
    functions: cloudfunctions({ version: "v2", ...administration }),
    iam: iam({ version: "v1", ...administration }),
    projects: cloudresourcemanager({ version: "v3", ...administration }),
    pubsub: pubsub({ version: "v1", ...at("GOOGLE_PUBSUB_ENDPOINT") }),
    run: run({ version: "v2", ...administration }),
    scheduler: cloudscheduler({ version: "v1", ...administration }),
    secrets: secretmanager({ version: "v1", ...at("GOOGLE_SECRET_MANAGER_ENDPOINT") }),
    services: serviceusage({ version: "v1", ...administration }),
    storage: storage({ version: "v1", ...at("GOOGLE_STORAGE_ENDPOINT") }),
  };
}

/** Tokens and secrets go to this address: only an encrypted one, or one of this machine. */
export function safeEndpoint(variable: string, value: string): URL {
  const url = URL.parse(value);
  if (url !== null && (url.protocol === "https:" || LOOPBACK.has(url.hostname))) return url;
  throw new CommandError(`${variable} is neither https nor an address of this machine; no credentials are sent there.`);
}

function rootUrl(variable: string, variables: Variables): { rootUrl?: string } {
  const value = variables[variable];
  return value ? { rootUrl: `${safeEndpoint(variable, value).origin}/` } : {};
}
