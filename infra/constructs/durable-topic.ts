import { PubsubSubscription } from "@cdktf/provider-google/lib/pubsub-subscription/index.js";
import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic/index.js";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js";
import { Construct } from "constructs";
import { meetPublisher, type Topic } from "../topology/topics.ts";
import { type Platform, serviceAgent } from "./platform.ts";

export interface DurableTopicConfig {
  readonly platform: Platform;
  readonly topic: Topic;
}

/** Messages can be replayed from the topic for a week, and wait two weeks in its dead letter for a person. */
const RETENTION = "604800s";
const DEAD_LETTER_RETENTION = "1209600s";

/** A topic, the topic of its dead letters, and a subscription there: dead letters without one are lost. */
export class DurableTopic extends Construct {
  readonly topic: PubsubTopic;
  readonly deadLetter: PubsubTopic;
  readonly mayDeadLetter: PubsubTopicIamMember;

  constructor(scope: Construct, id: string, { platform, topic }: DurableTopicConfig) {
    super(scope, id);
    this.topic = this.#makeTopic("topic", topic.name, platform);
    this.deadLetter = this.#makeTopic("dead-letter", topic.deadLetterTopic, platform);
    this.mayDeadLetter = new PubsubTopicIamMember(this, "pubsub-dead-letters", {
      topic: this.deadLetter.name,
      role: "roles/pubsub.publisher",
      member: serviceAgent(platform, "pubsub"),
    });
    new PubsubSubscription(this, "dead-letter-subscription", {
      name: topic.deadLetterTopic,
      topic: this.deadLetter.id,
      ackDeadlineSeconds: 60,
      messageRetentionDuration: DEAD_LETTER_RETENTION,
      expirationPolicy: { ttl: "" },
      retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
      labels: platform.labels,
    });
    if (topic.publishers.includes("meet")) this.letPublish("meet-publishes", meetPublisher);
  }

  letPublish(id: string, member: string): void {
    new PubsubTopicIamMember(this, id, { topic: this.topic.name, role: "roles/pubsub.publisher", member });
  }

  #makeTopic(id: string, name: string, { environment, place, labels }: Platform): PubsubTopic {
    return new PubsubTopic(this, id, {
      name,
      messageRetentionDuration: RETENTION,
      messageStoragePolicy: { allowedPersistenceRegions: [place.region] },
      labels,
      ...(environment.kmsKey !== undefined && { kmsKeyName: environment.kmsKey }),
    });
  }
}
