import { PubsubSubscription } from "@cdktf/provider-google/lib/pubsub-subscription/index.js";
import { PubsubSubscriptionIamMember } from "@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js";
import { Construct } from "constructs";
import type { PushSubscription } from "../topology/subscriptions.ts";
import type { DeployedFunction } from "./deployed-function.ts";
import type { DurableTopic } from "./durable-topic.ts";
import { type Platform, serviceAgent } from "./platform.ts";

export interface TopologySubscriptionConfig {
  readonly platform: Platform;
  readonly subscription: PushSubscription;
  readonly topic: DurableTopic;
  readonly target: DeployedFunction;
  /** E-mail of the account that signs the pushes. */
  readonly pushIdentity: string;
}

const RETENTION = "604800s";

/** Pushes a topic's messages to a function, with a signed token, until it acknowledges or the dead letter takes them. */
export class TopologySubscription extends Construct {
  constructor(scope: Construct, id: string, config: TopologySubscriptionConfig) {
    super(scope, id);
    const { platform, subscription, topic, target, pushIdentity } = config;
    const made = new PubsubSubscription(this, "subscription", {
      name: subscription.name,
      topic: topic.topic.id,
      ackDeadlineSeconds: subscription.ackDeadlineSeconds,
      messageRetentionDuration: RETENTION,
      // An empty lifetime: a quiet month must not delete the subscription, which is what the default does.
      expirationPolicy: { ttl: "" },
      retryPolicy: {
        minimumBackoff: `${subscription.minBackoffSeconds}s`,
        maximumBackoff: `${subscription.maxBackoffSeconds}s`,
      },
      deadLetterPolicy: {
        deadLetterTopic: topic.deadLetter.id,
        maxDeliveryAttempts: subscription.maxDeliveryAttempts,
      },
      pushConfig: {
        pushEndpoint: target.url,
        oidcToken: { serviceAccountEmail: pushIdentity, audience: target.url },
      },
      labels: platform.labels,
      dependsOn: [topic.mayDeadLetter, ...target.callable],
    });
    // Pub/Sub takes a message to the dead letter by acknowledging it here.
    new PubsubSubscriptionIamMember(this, "pubsub-acknowledges", {
      subscription: made.name,
      role: "roles/pubsub.subscriber",
      member: serviceAgent(platform, "pubsub"),
    });
  }
}
