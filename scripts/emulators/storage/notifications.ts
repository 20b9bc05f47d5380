import { z } from "zod";
import type { EmulatorClock } from "../rest/emulator.ts";
import { objectResource, type StoredObject } from "./object-resource.ts";

export const eventTypes = ["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE"] as const;
export type EventType = (typeof eventTypes)[number];

/** Body of `notifications.insert`; the JSON API has underscores here. */
export const notificationConfigSchema = z.strictObject({
  topic: z.string().regex(/^\/\/pubsub\.googleapis\.com\/projects\/[^/]+\/topics\/[^/]+$/),
  payload_format: z.enum(["JSON_API_V1", "NONE"]),
  event_types: z.array(z.enum(eventTypes)).optional(),
  custom_attributes: z.record(z.string(), z.string()).optional(),
  object_name_prefix: z.string().optional(),
});
export type NotificationConfig = z.output<typeof notificationConfigSchema> & { readonly id: string };

/** Puts one message on a topic, `projects/P/topics/T`; may reject, and is then tried again. */
export type Publish = (
  topicFullName: string,
  message: { data: Buffer; attributes: Record<string, string> },
) => void | Promise<void>;

export interface ObjectEvent {
  readonly type: EventType;
  readonly object: StoredObject;
  /** Generation that this one replaced, or was replaced by. */
  readonly overwroteGeneration?: bigint;
  readonly overwrittenByGeneration?: bigint;
}

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
const MAX_TRIES = 50;

/** Sends object events to Pub/Sub, at least once, in no promised order. */
export class NotificationSender {
  readonly #publish: Publish;
  readonly #clock: EmulatorClock;
  readonly #cancels = new Set<() => void>();
  /** Off: events are not sent, and not kept for later either. */
  enabled = true;

  constructor(publish: Publish, clock: EmulatorClock) {
    this.#publish = publish;
    this.#clock = clock;
  }

  send(configs: Iterable<NotificationConfig>, event: ObjectEvent, origin: string): void {
    if (!this.enabled) return;
    for (const config of configs) {
      if (config.event_types !== undefined && !config.event_types.includes(event.type)) continue;
      if (!event.object.name.startsWith(config.object_name_prefix ?? "")) continue;
      const payload = JSON.stringify(objectResource(event.object, origin));
      const data = Buffer.from(config.payload_format === "NONE" ? "" : payload);
      const attributes = attributesOf(config, event, this.#clock.now());
      const topic = config.topic.replace("//pubsub.googleapis.com/", "");
      void this.#try(() => this.#publish(topic, { data, attributes }), 1);
    }
  }

  /** Forgets what is still to be sent. */
  clear(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  async #try(run: () => void | Promise<void>, attempt: number): Promise<void> {
    try {
      await run();
    } catch {
      if (attempt === MAX_TRIES) return;
      const cancel = this.#clock.after(Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (attempt - 1)), () => {
        this.#cancels.delete(cancel);
        void this.#try(run, attempt + 1);
      });
      this.#cancels.add(cancel);
    }
  }
}

function attributesOf(config: NotificationConfig, event: ObjectEvent, at: Date): Record<string, string> {
  const { object, overwroteGeneration, overwrittenByGeneration } = event;
  return {
    ...config.custom_attributes,
    notificationConfig: `projects/_/buckets/${object.bucket}/notificationConfigs/${config.id}`,
    eventType: event.type,
    payloadFormat: config.payload_format,
    bucketId: object.bucket,
    objectId: object.name,
    objectGeneration: String(object.generation),
    eventTime: at.toISOString(),
    ...(overwroteGeneration === undefined ? {} : { overwroteGeneration: String(overwroteGeneration) }),
    ...(overwrittenByGeneration === undefined ? {} : { overwrittenByGeneration: String(overwrittenByGeneration) }),
  };
}
