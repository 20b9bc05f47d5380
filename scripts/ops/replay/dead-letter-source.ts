import { setTimeout as delay } from "node:timers/promises";
import { type Message, PubSub, type Subscription } from "@google-cloud/pubsub";
import { z } from "zod";
import { EnvironmentError, readEnvironment } from "#runtime/environment.ts";
import { type TopicName, topics } from "#topology/topics.ts";
import { CommandError } from "../command.ts";
import type { DeadLetter } from "./dead-letter.ts";

/** The dead letter subscriptions of the topology, and the topics themselves. */
export interface DeadLetterSource {
  /** The next letters, at most `limit`; empty when no more come. A letter that is not acknowledged goes back at the end. */
  next(limit: number): Promise<DeadLetter[]>;
  /** Publishes a message to a topic; resolves once Pub/Sub has it. */
  publish(
    topic: TopicName,
    message: { readonly data: Buffer; readonly attributes: Record<string, string> },
  ): Promise<void>;
  /** Sends what was acknowledged and gives everything else back. */
  close(): Promise<void>;
}

/** Letters that are held at once, for each topic: those that stay are held until the end. */
const MAX_HELD = 1_000;
/** An empty subscription says nothing: so long it is listened to for a first and for a further letter. */
const FIRST_MS = 5_000;
const FURTHER_MS = 2_000;
const POLL_MS = 50;

const environmentSchema = z.object({
  GOOGLE_CLOUD_PROJECT_ID: z.string().min(1),
  PUBSUB_EMULATOR_HOST: z.string().optional(),
});

/** Pulls with the operator's own credentials, or from an emulator where PUBSUB_EMULATOR_HOST names one. */
export function openDeadLetters(environment: Readonly<Record<string, string | undefined>>): DeadLetterSource {
  const pubsub = makePubsub(environment);
  const received: DeadLetter[] = [];
  const held = new Map<string, Message>();
  let failure: CommandError | null = null;
  let quietAt = performance.now() + FIRST_MS;
  const onMessage = (topic: TopicName) => (message: Message) => {
    quietAt = performance.now() + FURTHER_MS;
    // Sent again although it is held: its lease had run out. The newest lease counts.
    if (!held.has(message.id)) received.push(letterOf(topic, message, () => acknowledge(message.id)));
    held.set(message.id, message);
  };
  const acknowledge = (id: string): void => {
    held.get(id)?.ack();
    held.delete(id);
  };
  const open = topics.map(({ name, deadLetterTopic }) => {
    const subscription = pubsub.subscription(deadLetterTopic, {
      flowControl: { maxMessages: MAX_HELD, allowExcessMessages: false },
      streamingOptions: { maxStreams: 1 },
    });
    subscription.on("message", onMessage(name));
    subscription.on("error", (error) => {
      failure ??= explained(error, `subscription ${deadLetterTopic}`);
    });
    return subscription;
  });
  return {
    next: async (limit) => {
      while (received.length === 0 && failure === null && performance.now() < quietAt) await delay(POLL_MS);
      if (failure !== null) throw failure;
      return received.splice(0, limit);
    },
    publish: async (topic, message) => {
      await pubsub
        .topic(topic)
        .publishMessage(message)
        .catch((error: unknown) => {
          throw explained(error, `topic ${topic}`);
        });
    },
    close: async () => {
      for (const message of held.values()) message.nack();
      await closeAll(open, pubsub);
    },
  };
}

async function closeAll(subscriptions: readonly Subscription[], pubsub: PubSub): Promise<void> {
  // What one of them cannot send any more comes again by itself.
  await Promise.allSettled(subscriptions.map((subscription) => subscription.close()));
  await pubsub.close().catch(() => undefined);
}

function makePubsub(environment: Readonly<Record<string, string | undefined>>): PubSub {
  try {
    const { GOOGLE_CLOUD_PROJECT_ID: projectId, PUBSUB_EMULATOR_HOST: host } = readEnvironment(
      environmentSchema,
      environment,
    );
    return new PubSub({ projectId, ...(host !== undefined && { apiEndpoint: host, emulatorMode: true }) });
  } catch (error) {
    if (error instanceof EnvironmentError) throw new CommandError(error.message, error);
    throw error;
  }
}

function letterOf(topic: TopicName, message: Message, acknowledge: () => void): DeadLetter {
  const { id: messageId, data, attributes, publishTime } = message;
  return { topic, messageId, publishedAt: new Date(publishTime.getTime()), data, attributes, acknowledge };
}

/** What to tell an operator for each google.rpc.Code. */
const MENDS: Readonly<Record<number, (what: string) => string>> = {
  5: (what) => `There is no ${what} in this project. Is GOOGLE_CLOUD_PROJECT_ID right, and is the stack deployed?`,
  7: (what) =>
    `Your account may not use the ${what}. It needs roles/pubsub.subscriber there, and roles/pubsub.publisher on the topics.`,
  14: () => "Pub/Sub cannot be reached. Nothing was lost; try again.",
  16: () => "Google does not know you. Sign in: gcloud auth application-default login",
};

function explained(thrown: unknown, what: string): CommandError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = "code" in error && typeof error.code === "number" ? error.code : null;
  const mend = code === null ? undefined : MENDS[code];
  if (mend !== undefined) return new CommandError(mend(what), error);
  if (/default credentials/i.test(error.message)) return new CommandError(MENDS[16]?.(what) ?? error.message, error);
  return new CommandError(`Pub/Sub refused the ${what}: ${error.message.split("\n")[0]}`, error);
}
