/** An account of Google's own in the project, through which one of its services acts there. */
export interface ServiceAgent {
  readonly name: string;
  readonly service: string;
  /** `service-<project number>@<domain>.iam.gserviceaccount.com` */
  readonly domain: string;
  /** When Google makes it; one of the first use must be asked for before anything can be granted to it. */
  readonly made: "with the API" | "on first use" | "by reading it";
  /** What it encrypts with the environment's own key, if there is one: a type of Terraform's. */
  readonly encrypts: string;
}

/** Every agent that is granted something; the rights that Google gives its agents by itself are not ours to list. */
export const serviceAgents = [
  {
    name: "pubsub",
    service: "pubsub.googleapis.com",
    domain: "gcp-sa-pubsub",
    made: "on first use",
    encrypts: "google_pubsub_topic",
  },
  {
    name: "storage",
    service: "storage.googleapis.com",
    domain: "gs-project-accounts",
    made: "by reading it",
    encrypts: "google_storage_bucket",
  },
  {
    name: "secretmanager",
    service: "secretmanager.googleapis.com",
    domain: "gcp-sa-secretmanager",
    made: "on first use",
    encrypts: "google_secret_manager_secret",
  },
  {
    name: "artifactregistry",
    service: "artifactregistry.googleapis.com",
    domain: "gcp-sa-artifactregistry",
    made: "on first use",
    encrypts: "google_artifact_registry_repository",
  },
  {
    name: "cloudfunctions",
    service: "cloudfunctions.googleapis.com",
    domain: "gcf-admin-robot",
    made: "with the API",
    encrypts: "google_cloudfunctions2_function",
  },
  {
    name: "run",
    service: "run.googleapis.com",
    domain: "serverless-robot-prod",
    made: "with the API",
    encrypts: "google_cloudfunctions2_function",
  },
  // Google asks it of every function with a key, also of those that no event of Eventarc's reaches.
  {
    name: "eventarc",
    service: "eventarc.googleapis.com",
    domain: "gcp-sa-eventarc",
    made: "on first use",
    encrypts: "google_cloudfunctions2_function",
  },
] as const satisfies readonly ServiceAgent[];

export type ServiceAgentName = (typeof serviceAgents)[number]["name"];

/** Services whose agents must be asked for before the first apply; without a key of one's own only Pub/Sub's. */
export function agentsToAskFor({ kmsKey }: { readonly kmsKey?: string }): readonly string[] {
  const lazy = serviceAgents.filter(({ made }) => made === "on first use");
  return lazy.filter(({ name }) => kmsKey !== undefined || name === "pubsub").map(({ service }) => service);
}
