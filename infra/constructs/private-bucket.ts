import { StorageBucket, type StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { bucketName, type Platform } from "./platform.ts";

export interface PrivateBucketConfig {
  readonly platform: Platform;
  /** Without the project's id, which every bucket's name begins with. */
  readonly name: string;
  readonly softDeleteDays: number;
  readonly lifecycle: readonly StorageBucketLifecycleRule[];
  /** Terraform then refuses to destroy the bucket. */
  readonly precious?: boolean;
  readonly dependsOn?: ITerraformDependable[];
}

const DAY_SECONDS = 86_400;

/** An upload in parts that nobody finishes is paid for and never seen. */
const dropUnfinishedUploads: StorageBucketLifecycleRule = {
  action: { type: "AbortIncompleteMultipartUpload" },
  condition: { age: 7 },
};

/** A bucket in the environment's region that no policy can open to the public. */
export class PrivateBucket extends Construct {
  readonly bucket: StorageBucket;

  constructor(scope: Construct, id: string, config: PrivateBucketConfig) {
    super(scope, id);
    const { platform, name, softDeleteDays, lifecycle, precious = false, dependsOn = [] } = config;
    const { kmsKey } = platform.environment;
    this.bucket = new StorageBucket(this, "bucket", {
      name: bucketName(platform, name),
      location: platform.place.region.toUpperCase(),
      storageClass: "STANDARD",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      forceDestroy: false,
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: softDeleteDays * DAY_SECONDS },
      lifecycleRule: [...lifecycle, dropUnfinishedUploads],
      labels: platform.labels,
      dependsOn,
      ...(kmsKey !== undefined && { encryption: { defaultKmsKeyName: kmsKey } }),
      ...(precious && { lifecycle: { preventDestroy: true } }),
    });
  }
}

export const deleteNoncurrentAfter = (days: number): StorageBucketLifecycleRule => ({
  action: { type: "Delete" },
  condition: { daysSinceNoncurrentTime: days, withState: "ARCHIVED" },
});
