import { pubsub as pubsubApi } from "googleapis/build/src/apis/pubsub/index.js";
import { httpStatusOf } from "#google/errors.ts";
import { serviceAuth } from "#google/service-auth.ts";
import type { OutboxMessage, Publisher, PublishFailure } from "#ports/publisher.ts";

export interface PubsubPublisherOptions {
  readonly projectId: string;
  /** `host:port` as PUBSUB_EMULATOR_HOST has it: asked without credentials, as Google's own clients do. */
  readonly emulatorHost?: string | undefined;
}

/** Pub/Sub's ceiling for one publish request. */
const MAX_MESSAGES = 1_000;
/** A message over 10 MB is never accepted, nor a request (Pub/Sub quota); a little less leaves room for attributes. */
const MAX_BYTES = 9 * 1024 * 1024;
/**
 * Publishing again is harmless. Three tries of 10 s: an unreachable Pub/Sub is given up after 31 s, and the outbox
 * rows wait then.
 */
const SENDING = {
  timeout: 10_000,
  retryConfig: {
    ...{ retry: 2, noResponseRetries: 2, retryDelay: 100 },
    httpMethodsToRetry: ["POST"],
    statusCodesToRetry: [
      [429, 429],
      [500, 599],
    ],
  },
};

/** A row in the form that Pub/Sub's REST API takes. */
interface Packed {
  readonly id: number;
  readonly topic: string;
  readonly sizeBytes: number;
  readonly body: { readonly data: string; readonly attributes: Readonly<Record<string, string>> };
}

/** Null: published. */
type Fate = PublishFailure | null;
type Send = (topic: string, messages: readonly Packed[]) => Promise<readonly Fate[]>;

/** One publish request for each topic and batch over REST, without ordering keys. */
export function makePubsubPublisher({ projectId, emulatorHost }: PubsubPublisherOptions): Publisher {
  const where =
    emulatorHost === undefined ? { auth: serviceAuth(projectId, "pubsub") } : { rootUrl: `http://${emulatorHost}/` };
  const { topics } = pubsubApi({ version: "v1", ...where }).projects;
  const send: Send = async (topic, messages) => {
    const requestBody = { messages: messages.map(({ body }) => ({ ...body })) };
    try {
      await topics.publish({ topic: `projects/${projectId}/topics/${topic}`, requestBody }, SENDING);
      return messages.map(() => null);
    } catch (thrown) {
      const status = httpStatusOf(thrown);
      // 400 is about the messages: refused whatever we do.
      const fate = { reason: `publish failed: ${status ?? "no answer"}`, permanent: status === 400 };
      return messages.map(({ id }) => ({ id, ...fate }));
    }
  };
  return {
    publish: async (messages) => {
      const fates = await Promise.all(batchesOf(messages.map(pack)).map((batch) => publishBatch(batch, send)));
      const failed = fates.flat().filter((fate) => fate !== null);
      const lost = new Set(failed.map(({ id }) => id));
      return { published: messages.map(({ id }) => id).filter((id) => !lost.has(id)), failed };
    },
  };
}

function pack({ id, topic, data, attributes }: OutboxMessage): Packed {
  const bytes = Buffer.from(JSON.stringify(data));
  const body = { data: bytes.toString("base64"), attributes: { ...attributes, outboxId: String(id) } };
  return { id, topic, sizeBytes: bytes.length, body };
}

/** Messages of one topic, as many as one request takes; one that is too large by itself is alone. */
function batchesOf(messages: readonly Packed[]): readonly (readonly Packed[])[] {
  const batches: Packed[][] = [];
  const filling = new Map<string, { readonly batch: Packed[]; bytes: number }>();
  for (const message of messages) {
    const current = filling.get(message.topic);
    const fits = current !== undefined && current.bytes + message.sizeBytes <= MAX_BYTES;
    if (fits && current.batch.length < MAX_MESSAGES) {
      current.batch.push(message);
      current.bytes += message.sizeBytes;
    } else {
      const batch = [message];
      batches.push(batch);
      filling.set(message.topic, { batch, bytes: message.sizeBytes });
    }
  }
  return batches;
}

/** One message that Pub/Sub refuses takes the whole request down: each is then tried by itself. */
async function publishBatch(batch: readonly Packed[], send: Send): Promise<readonly Fate[]> {
  const [first] = batch;
  if (first === undefined) return [];
  if (first.sizeBytes > MAX_BYTES) {
    return [{ id: first.id, reason: `the message has ${first.sizeBytes} bytes, Pub/Sub takes 10 MB`, permanent: true }];
  }
  const fates = await send(first.topic, batch);
  const refused = batch.length > 1 && fates.every((fate) => fate?.permanent === true);
  if (!refused) return fates;
  return (await Promise.all(batch.map((message) => send(message.topic, [message])))).flat();
}
