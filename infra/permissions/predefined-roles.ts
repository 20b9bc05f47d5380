/** A role of Google's that the stacks grant. */
export interface PredefinedRole {
  /** Permissions that something of ours needs. */
  readonly uses: readonly string[];
  /** What comes with it. */
  readonly also: readonly string[];
  /** Why it and not a custom role. */
  readonly why: string;
}

const ONLY = "it holds this one permission";

/** Contents as of 2026-04-10, from Google's pages of roles and permissions. */
export const predefinedRoles: Readonly<Record<string, PredefinedRole>> = {
  "roles/artifactregistry.writer": {
    uses: [
      "artifactregistry.repositories.downloadArtifacts",
      "artifactregistry.repositories.uploadArtifacts",
      "artifactregistry.tags.create",
      "artifactregistry.tags.update",
    ],
    also: ["reading of the same repository", "artifactregistry.{apt,kfp,yum}artifacts.create"],
    why: "Google names this role for a builder's account, and no permissions; it is granted on the one repository",
  },
  "roles/cloudkms.cryptoKeyEncrypterDecrypter": {
    uses: ["cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt"],
    also: ["cloudkms.locations.{get,list}", "resourcemanager.projects.get"],
    why: "Google checks for this very role; it is granted on the one key, where the others reach nothing",
  },
  "roles/iam.serviceAccountOpenIdTokenCreator": { uses: ["iam.serviceAccounts.getOpenIdToken"], also: [], why: ONLY },
  "roles/logging.logWriter": {
    uses: ["logging.logEntries.create"],
    also: ["logging.logEntries.route"],
    why: "Google names this role for a builder's account; it can write and nothing else",
  },
  "roles/pubsub.publisher": { uses: ["pubsub.topics.publish"], also: [], why: ONLY },
  "roles/pubsub.subscriber": {
    uses: ["pubsub.subscriptions.consume"],
    also: ["pubsub.snapshots.seek", "pubsub.topics.attachSubscription"],
    why: "Google names this role for dead letters; granted on one subscription, the others reach nothing",
  },
  "roles/run.invoker": {
    uses: ["run.routes.invoke"],
    also: ["run.jobs.run"],
    why: "granted on one service, which is no job",
  },
  "roles/secretmanager.secretAccessor": {
    uses: ["secretmanager.versions.access"],
    also: ["resourcemanager.projects.{get,list}"],
    why: "granted on one secret, the others reach nothing",
  },
  "roles/storage.objectViewer": {
    uses: ["storage.objects.get"],
    also: ["storage.{objects,folders,managedFolders}.list", "storage.{folders,managedFolders}.get"],
    why: "Google names this role for a builder's account, and no permissions; a condition holds it to Google's buckets of sources",
  },
};
