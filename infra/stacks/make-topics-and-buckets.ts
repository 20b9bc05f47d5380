import { Construct } from "constructs";
import { DurableTopic } from "../constructs/durable-topic.ts";
import type { Platform } from "../constructs/platform.ts";
import { TopologyBucket } from "../constructs/topology-bucket.ts";
import { buckets } from "../topology/buckets.ts";
import { topics } from "../topology/topics.ts";
import { type Named, named } from "./named.ts";

export function makeTopics(stack: Construct, platform: Platform): Named<DurableTopic> {
  const scope = new Construct(stack, "topics");
  return new Map(topics.map((topic) => [topic.name, new DurableTopic(scope, topic.name, { platform, topic })]));
}

export function makeBuckets(stack: Construct, platform: Platform, topicsMade: Named<DurableTopic>): void {
  const scope = new Construct(stack, "buckets");
  for (const bucket of buckets) {
    const topic = named(topicsMade, bucket.notifies.topic);
    new TopologyBucket(scope, bucket.name, { platform, bucket, topic });
  }
}
