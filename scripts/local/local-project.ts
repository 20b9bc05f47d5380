/** The Google Cloud project that exists on this laptop alone. */
export const localProject = {
  projectId: "booking-insights-local",
  /** Any number; the metadata server has the same. */
  projectNumber: "100000000001",
  region: "us-central1",
  residency: "us",
  clientId: "local-client.apps.googleusercontent.com",
  clientSecret: "local-client-secret",
  mailFrom: "Booking Insights <bookings@example.com>",
} as const;

/** Service account a function runs as, or one of Google's own callers. */
export const serviceAccount = (name: string): string => `${name}@${localProject.projectId}.iam.gserviceaccount.com`;

/** Signs the tokens of push deliveries and of scheduled calls. */
export const pushIdentity = serviceAccount("pubsub-push");
export const schedulerIdentity = serviceAccount("scheduler");
/** Administers the project: an operator's commands run as this account. */
export const deployerIdentity = serviceAccount("deployer");

/** Who runs `npm run ops` here. */
export const operatorIdentity = serviceAccount("operator");
/** Accounts of Google's own, through which its services act in the project. */
export const pubsubAgent = `serviceAccount:service-${localProject.projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`;
export const storageAgent = `serviceAccount:service-${localProject.projectNumber}@gs-project-accounts.iam.gserviceaccount.com`;

export const topicPath = (name: string): string => `projects/${localProject.projectId}/topics/${name}`;
export const subscriptionPath = (name: string): string => `projects/${localProject.projectId}/subscriptions/${name}`;
export const bucketName = (name: string): string => `${localProject.projectId}-${name}`;

/** The audience a function's callers must name. */
export const audienceOf = (functionName: string): string => `https://${functionName}.${localProject.projectId}.local`;

/**
 * Periods of the topology are multiplied by this: a five-minute watch runs every six seconds.
 * The longest real steps of a demo (a recording of hours) still fit into a scaled ack deadline.
 */
export const DEFAULT_TIME_SCALE = 0.02;
