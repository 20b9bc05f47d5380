import type { GoogleClients } from "./google-clients.ts";
import type { Policy } from "./policy.ts";
import type { Target } from "./target.ts";

export type GoogleFacts = ReturnType<typeof googleFacts>;

/** Conditions are shown to those who know of them. */
const VERSION = 3;

/** What Google says of one project, each thing asked once; null for what is not there. */
export function googleFacts(clients: () => Promise<GoogleClients>, { projectId, region }: Target) {
  const project = `projects/${projectId}`;
  const here = `${project}/locations/${region}`;
  const policyAt = (resource: string) => ({ resource, "options.requestedPolicyVersion": VERSION });
  return {
    project: once(async () => (await (await clients()).projects.projects.get({ name: project })).data),
    projectPolicy: once(async (): Promise<Policy> => {
      const requestBody = { options: { requestedPolicyVersion: VERSION } };
      return (await (await clients()).projects.projects.getIamPolicy({ resource: project, requestBody })).data;
    }),
    enabledApis: once(async () => readEnabledApis(await clients(), project)),
    account: keyed(async (email) =>
      unlessMissing(
        (await clients()).iam.projects.serviceAccounts.get({ name: `${project}/serviceAccounts/${email}` }),
      ),
    ),
    accountPolicy: keyed(async (email) =>
      unlessMissing(
        (await clients()).iam.projects.serviceAccounts.getIamPolicy(policyAt(`${project}/serviceAccounts/${email}`)),
      ),
    ),
    role: keyed(async (id) =>
      unlessMissing((await clients()).iam.projects.roles.get({ name: `${project}/roles/${id}` })),
    ),
    deployed: keyed(async (name) =>
      unlessMissing(
        (await clients()).functions.projects.locations.functions.get({ name: `${here}/functions/${name}` }),
      ),
    ),
    service: keyed(async (name) =>
      unlessMissing((await clients()).run.projects.locations.services.get({ name: `${here}/services/${name}` })),
    ),
    callers: keyed(async (name) =>
      unlessMissing(
        (await clients()).run.projects.locations.services.getIamPolicy(policyAt(`${here}/services/${name}`)),
      ),
    ),
    job: keyed(async (name) =>
      unlessMissing((await clients()).scheduler.projects.locations.jobs.get({ name: `${here}/jobs/${name}` })),
    ),
    topic: keyed(async (name) =>
      unlessMissing((await clients()).pubsub.projects.topics.get({ topic: `${project}/topics/${name}` })),
    ),
    topicPolicy: keyed(async (name) =>
      unlessMissing((await clients()).pubsub.projects.topics.getIamPolicy(policyAt(`${project}/topics/${name}`))),
    ),
    subscription: keyed(async (name) =>
      unlessMissing(
        (await clients()).pubsub.projects.subscriptions.get({ subscription: `${project}/subscriptions/${name}` }),
      ),
    ),
    subscriptionPolicy: keyed(async (name) =>
      unlessMissing(
        (await clients()).pubsub.projects.subscriptions.getIamPolicy(policyAt(`${project}/subscriptions/${name}`)),
      ),
    ),
    ...storageFacts(clients, projectId),
    ...secretFacts(clients, project),
  };
}

function storageFacts(clients: () => Promise<GoogleClients>, projectId: string) {
  return {
    storageAgent: once(
      async () => (await (await clients()).storage.projects.serviceAccount.get({ projectId })).data.email_address ?? "",
    ),
    bucket: keyed(async (bucket) => unlessMissing((await clients()).storage.buckets.get({ bucket }))),
    bucketPolicy: keyed(async (bucket) =>
      unlessMissing((await clients()).storage.buckets.getIamPolicy({ bucket, optionsRequestedPolicyVersion: VERSION })),
    ),
    notifications: keyed(async (bucket) => unlessMissing((await clients()).storage.notifications.list({ bucket }))),
  };
}

function secretFacts(clients: () => Promise<GoogleClients>, project: string) {
  const nameOf = (secret: string): string => `${project}/secrets/${secret}`;
  return {
    newestVersion: keyed(async (secret) =>
      unlessMissing(
        (await clients()).secrets.projects.secrets.versions.get({ name: `${nameOf(secret)}/versions/latest` }),
      ),
    ),
    secretPolicy: keyed(async (secret) =>
      unlessMissing(
        (await clients()).secrets.projects.secrets.getIamPolicy({
          resource: nameOf(secret),
          "options.requestedPolicyVersion": VERSION,
        }),
      ),
    ),
    /** The value itself: for comparing, never for showing. */
    secretValue: keyed(async (secret) => {
      const name = `${nameOf(secret)}/versions/latest`;
      const answer = await unlessMissing((await clients()).secrets.projects.secrets.versions.access({ name }));
      return answer === null ? null : Buffer.from(answer.payload?.data ?? "", "base64").toString("utf8");
    }),
  };
}

const MAX_PAGES = 20;

async function readEnabledApis({ services }: GoogleClients, parent: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked = { parent, filter: "state:ENABLED", pageSize: 200, ...(pageToken !== undefined && { pageToken }) };
    const { data } = await services.services.list(asked);
    for (const { config } of data.services ?? []) if (config?.name) names.add(config.name);
    pageToken = data.nextPageToken ?? undefined;
    if (pageToken === undefined) return names;
  }
  throw new Error(`the project has more enabled APIs than ${MAX_PAGES} pages hold`);
}

/** Null for 404; everything else goes on. */
async function unlessMissing<Data>(request: Promise<{ readonly data: Data }>): Promise<Data | null> {
  try {
    return (await request).data;
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
}

function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => (asked ??= ask());
}

function keyed<Value>(ask: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const asked = new Map<string, Promise<Value>>();
  return (key) => {
    const present = asked.get(key) ?? ask(key);
    asked.set(key, present);
    return present;
  };
}
