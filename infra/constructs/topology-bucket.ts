import { DataGoogleStorageProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-project-service-account/index.js";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js";
import { StorageNotification } from "@cdktf/provider-google/lib/storage-notification/index.js";
import type { Construct } from "constructs";
import type { Bucket } from "../topology/buckets.ts";
import type { DurableTopic } from "./durable-topic.ts";
import type { Platform } from "./platform.ts";
import { deleteNoncurrentAfter, PrivateBucket } from "./private-bucket.ts";

export interface TopologyBucketConfig {
  readonly platform: Platform;
  readonly bucket: Bucket;
  /** The topic that the bucket tells about new objects. */
  readonly topic: DurableTopic;
}

/** A bucket of the topology: each prefix has its lifetime, and every new object is announced. */
export class TopologyBucket extends PrivateBucket {
  constructor(scope: Construct, id: string, { platform, bucket, topic }: TopologyBucketConfig) {
    super(scope, id, {
      platform,
      name: bucket.name,
      softDeleteDays: bucket.softDeleteDays,
      lifecycle: [
        ...bucket.prefixes.map(({ prefix, deleteAfterDays }) => ({
          action: { type: "Delete" },
          condition: { age: deleteAfterDays, matchesPrefix: [prefix], withState: "LIVE" },
        })),
        deleteNoncurrentAfter(bucket.keepNoncurrentDays),
      ],
    });
    // Reading the agent also creates it in a project that never had a bucket.
    const agent = new DataGoogleStorageProjectServiceAccount(this, "storage-agent", {});
    const mayPublish = new PubsubTopicIamMember(this, "storage-publishes", {
      topic: topic.topic.name,
      role: "roles/pubsub.publisher",
      member: agent.member,
    });
    new StorageNotification(this, "notification", {
      bucket: this.bucket.name,
      topic: topic.topic.id,
      payloadFormat: "JSON_API_V1",
      eventTypes: [...bucket.notifies.eventTypes],
      dependsOn: [mayPublish],
    });
  }
}
