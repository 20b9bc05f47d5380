import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository/index.js";
import { ArtifactRegistryRepositoryIamMember } from "@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import type { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Platform } from "./platform.ts";
import { deleteNoncurrentAfter, PrivateBucket } from "./private-bucket.ts";

/** How long the images of earlier deployments stay, and how many at least: what a roll-back needs. */
const OLD_IMAGES = { keep: 5, deleteAfter: "2592000s" } as const;
const SOFT_DELETE_DAYS = 7;
const KEEP_REPLACED_BUNDLES_DAYS = 30;

/** Where bundles are uploaded, the account that builds them into images, and where the images go. */
export class FunctionBuild extends Construct {
  readonly bundles: StorageBucket;
  readonly repository: ArtifactRegistryRepository;
  readonly repositoryName: string;
  readonly builder: ServiceAccount;
  /** A build that starts before these are in place fails. */
  readonly grants: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    this.bundles = new PrivateBucket(this, "bundles", {
      platform,
      name: "function-bundles",
      softDeleteDays: SOFT_DELETE_DAYS,
      lifecycle: [deleteNoncurrentAfter(KEEP_REPLACED_BUNDLES_DAYS)],
    }).bucket;
    this.repository = this.#makeRepository(platform);
    const { environment, place } = platform;
    this.repositoryName = `projects/${environment.projectId}/locations/${place.region}/repositories/${this.repository.repositoryId}`;
    // The default would be the Compute Engine account, which many other things run as.
    this.builder = new ServiceAccount(this, "builder", {
      accountId: "function-builder",
      displayName: "Builds the functions of Booking Insights",
    });
    this.grants = this.#grantBuild(platform);
  }

  #makeRepository({ environment, place, labels }: Platform): ArtifactRegistryRepository {
    return new ArtifactRegistryRepository(this, "images", {
      repositoryId: "functions",
      format: "DOCKER",
      location: place.region,
      description: "Images of the functions of Booking Insights",
      labels,
      cleanupPolicies: [
        { id: "keep-newest", action: "KEEP", mostRecentVersions: { keepCount: OLD_IMAGES.keep } },
        { id: "delete-old", action: "DELETE", condition: { olderThan: OLD_IMAGES.deleteAfter } },
      ],
      ...(environment.kmsKey !== undefined && { kmsKeyName: environment.kmsKey }),
    });
  }

  #grantBuild({ environment, place, project }: Platform): ITerraformDependable[] {
    const scope = new Construct(this, "grants");
    const { member } = this.builder;
    const images = new ArtifactRegistryRepositoryIamMember(scope, "writes-images", {
      repository: this.repository.repositoryId,
      location: place.region,
      role: "roles/artifactregistry.writer",
      member,
    });
    const logs = new ProjectIamMember(scope, "writes-logs", {
      project: environment.projectId,
      role: "roles/logging.logWriter",
      member,
    });
    // Google copies a bundle into a bucket of its own making; the builder reads that one, and no recording.
    const sources = new ProjectIamMember(scope, "reads-sources", {
      project: environment.projectId,
      role: "roles/storage.objectViewer",
      member,
      condition: {
        title: "sources of functions only",
        expression: `resource.name.startsWith("projects/_/buckets/gcf-v2-sources-${project.number}-")`,
      },
    });
    return [images, logs, sources];
  }
}
