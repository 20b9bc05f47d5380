import { randomBytes } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";
import { Storage } from "@google-cloud/storage";
import { buckets } from "../../infra/topology/buckets.ts";
import { subscriptions } from "../../infra/topology/subscriptions.ts";
import { topics } from "../../infra/topology/topics.ts";
import { audienceOf, bucketName, localProject, pushIdentity, subscriptionPath, topicPath } from "./local-project.ts";

export interface PubsubTopologyOptions {
  readonly pubsubHost: string;
  readonly functionUrl: (name: string) => string;
  /** False: pull subscriptions, for an emulator that cannot sign its pushes; the bridge pulls from them. */
  readonly push: boolean;
}

/** Creates the topology's topics and subscriptions through the official client, as a cloud stack would declare them. */
export async function createPubsubTopology(options: PubsubTopologyOptions): Promise<void> {
  const pubsub = new PubSub({ projectId: localProject.projectId, apiEndpoint: options.pubsubHost, emulatorMode: true });
  try {
    for (const topic of topics) {
      for (const name of [topic.name, topic.deadLetterTopic]) {
        await unlessThere(pubsub.createTopic({ name: topicPath(name), messageStoragePolicy }));
      }
      // A dead letter topic without a subscription loses what it is given.
      const deadLetters = pubsub.topic(topicPath(topic.deadLetterTopic));
      await unlessThere(
        deadLetters.createSubscription(subscriptionPath(topic.deadLetterTopic), {
          ackDeadlineSeconds: 60,
          expirationPolicy: {},
        }),
      );
    }
    for (const subscription of subscriptions) {
      const topic = pubsub.topic(topicPath(subscription.topic));
      const created = topic.createSubscription(subscriptionPath(subscription.name), {
        ackDeadlineSeconds: subscription.ackDeadlineSeconds,
        // An empty one: a quiet month must not delete the subscription.
        expirationPolicy: {},
        retryPolicy: {
          minimumBackoff: { seconds: subscription.minBackoffSeconds },
          maximumBackoff: { seconds: subscription.maxBackoffSeconds },
        },
        deadLetterPolicy: {
          deadLetterTopic: topicPath(`${subscription.topic}-dead-letter`),
          maxDeliveryAttempts: subscription.maxDeliveryAttempts,
        },
        ...(options.push && { pushConfig: pushConfigOf(subscription.pushTo, options) }),
      });
      await unlessThere(created);
    }
  } finally {
    await pubsub.close();
  }
}

const messageStoragePolicy = { allowedPersistenceRegions: [localProject.region] };

/** google.rpc.Code ALREADY_EXISTS: a foreign emulator may keep what an earlier run made. */
const ALREADY_EXISTS = 6;
const CONFLICT = 409;

async function unlessThere(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error: { code?: number }) => {
    if (error.code !== ALREADY_EXISTS && error.code !== CONFLICT) throw error;
  });
}

/** Creates the topology's buckets in a storage that is not ours; who would tell a topic about objects is not known there. */
export async function createBuckets(storageUrl: string): Promise<void> {
  const storage = new Storage({ apiEndpoint: storageUrl, projectId: localProject.projectId });
  for (const { name } of buckets) await unlessThere(storage.createBucket(bucketName(name)));
}

function pushConfigOf(target: string, { functionUrl }: PubsubTopologyOptions) {
  return {
    pushEndpoint: functionUrl(target),
    oidcToken: { serviceAccountEmail: pushIdentity, audience: audienceOf(target) },
  };
}

/** Values for the topology's secrets on this laptop; only the OAuth client's is known beforehand. */
export function localSecretValues(supabaseSecretKey: string): Readonly<Record<string, string>> {
  return {
    "google-client-secret": localProject.clientSecret,
    "relay-ping-key": randomBytes(32).toString("hex"),
    "smtp-password": "local-smtp-password",
    "supabase-secret-key": supabaseSecretKey,
  };
}
