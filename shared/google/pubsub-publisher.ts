import { PubSub, type Topic } from "@google-cloud/pubsub";
import { asError } from "#kernel/verdicts.ts";
import type { OutboxMessage, Publisher, PublishFailure } from "#ports/publisher.ts";

/** For one try; gax repeats it, and gives an unreachable Pub/Sub up after two such times. The outbox row waits then. */
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
  const batched = topicsOf(pubsub, MAX_MESSAGES);
  const alone = topicsOf(pubsub, 1);
  return {
    publish: async (messages) => {
      const sent = messages.map((message) => publishOne(batched(message.topic), message));
      // Started above, sent at once here: the client otherwise waits for its batch timer.
      // Its promise fails when any message does; each message's own promise says which.
      await Promise.allSettled([...new Set(messages.map(({ topic }) => topic))].map((name) => batched(name).flush()));
      const results = await Promise.all(sent);
      const company = companyOf(messages);
      // One message that Pub/Sub refuses takes the whole request down: each is then tried by itself.
      const settled = await Promise.all(
        messages.map((message, index) => {
          const result = results[index];
          const shared = isRefused(result) && (company.get(message.topic) ?? 0) > 1;
          return shared ? publishOne(alone(message.topic), message) : result;
        }),
      );
      return {
        published: settled.flatMap((result) => (typeof result === "number" ? [result] : [])),
        failed: settled.flatMap((result) => (typeof result === "object" ? [result] : [])),
      };
    },
  };
}

function topicsOf(pubsub: PubSub, maxMessages: number): (name: string) => Topic {
  const topics = new Map<string, Topic>();
  return (name) => {
    const known = topics.get(name);
    if (known !== undefined) return known;
    const topic = pubsub.topic(name, {
      batching: { maxMessages, maxMilliseconds: 1_000, maxBytes: MAX_MESSAGE_BYTES },
      gaxOpts: { timeout: PUBLISH_TIMEOUT_MS },
    });
    topics.set(name, topic);
    return topic;
  };
}

const isRefused = (result: number | PublishFailure | undefined): boolean =>
  typeof result === "object" && result.permanent;

/** How many messages of a batch go to each topic. */
function companyOf(messages: readonly OutboxMessage[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of messages) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
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
