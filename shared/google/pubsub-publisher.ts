import { PubSub, type Topic } from "@google-cloud/pubsub";
import { asError } from "#kernel/verdicts.ts";
import type { OutboxMessage, Publisher, PublishFailure } from "#ports/publisher.ts";

/** Publish is retried by gax within this time; then the outbox row waits for the next sweep. */
const PUBLISH_TIMEOUT_MS = 15_000;
/** Pub/Sub's ceiling for one publish request. */
const MAX_MESSAGES = 1_000;
/** A message over 10 MB is never accepted (Pub/Sub quota); 9 MiB is the client's own ceiling per request. */
const MAX_MESSAGE_BYTES = 9 * 1024 * 1024;
/** google.rpc.Code INVALID_ARGUMENT: this very message is refused whatever we do. */
const INVALID_ARGUMENT = 3;

/** The official client, with one publish call per batch and topic: no ordering keys, no waiting for a batch to fill. */
export function makePubsubPublisher(projectId: string): Publisher {
  const pubsub = new PubSub({ projectId });
  const topics = new Map<string, Topic>();
  const topicOf = (name: string): Topic => {
    const known = topics.get(name);
    if (known !== undefined) return known;
    const topic = pubsub.topic(name, {
      batching: { maxMessages: MAX_MESSAGES, maxMilliseconds: 1_000, maxBytes: MAX_MESSAGE_BYTES },
      gaxOpts: { timeout: PUBLISH_TIMEOUT_MS, retry: null },
    });
    topics.set(name, topic);
    return topic;
  };

  return {
    publish: async (messages) => {
      const sent = messages.map((message) => publishOne(topicOf(message.topic), message));
      // Started above, sent at once here: the client otherwise waits for its batch timer.
      await Promise.all([...new Set(messages.map((message) => message.topic))].map((name) => topicOf(name).flush()));
      const results = await Promise.all(sent);
      return {
        published: results.flatMap((result) => (typeof result === "number" ? [result] : [])),
        failed: results.flatMap((result) => (typeof result === "number" ? [] : [result])),
      };
    },
  };
}

/** The row's id once Pub/Sub has the message, or why it has not. */
async function publishOne(topic: Topic, message: OutboxMessage): Promise<number | PublishFailure> {
  const data = Buffer.from(JSON.stringify(message.data));
  if (data.length > MAX_MESSAGE_BYTES) {
    return { id: message.id, reason: `the message has ${data.length} bytes, Pub/Sub takes 10 MB`, permanent: true };
  }
  try {
    await topic.publishMessage({ data, attributes: { ...message.attributes, outboxId: String(message.id) } });
    return message.id;
  } catch (thrown) {
    const error = asError(thrown);
    const code = "code" in error ? error.code : undefined;
    return { id: message.id, reason: `publish failed: code ${String(code)}`, permanent: code === INVALID_ARGUMENT };
  }
}
