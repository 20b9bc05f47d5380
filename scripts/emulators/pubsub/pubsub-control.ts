import { GoogleError, notFound } from "../rest/errors.ts";
import type { Broker } from "./broker.ts";
import type { DeliveryState, DeliveryView } from "./delivery.ts";
import type { DeliverOptions, Subscription } from "./subscription.ts";

/** A message as its topic received it, whether or not anybody subscribes. */
export interface TopicMessageView {
  readonly topic: string;
  readonly messageId: string;
  readonly publishedAt: string;
  readonly orderingKey: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** base64 */
  readonly data: string;
}

export interface SubscriptionCounts {
  readonly subscription: string;
  readonly topic: string;
  readonly pushEndpoint: string | null;
  readonly paused: boolean;
  readonly counts: Readonly<Record<DeliveryState, number>>;
}

/** What tests ask of the emulator. Names are full (`projects/P/topics/T`) or the last part alone. */
export interface PubSubControl {
  /** Latest 10,000 or more messages of a topic, oldest first. */
  topicMessages(topic: string): readonly TopicMessageView[];
  /** Every delivery of a subscription: latest finished ones, then those on their way. */
  deliveries(subscription: string): readonly DeliveryView[];
  counts(): readonly SubscriptionCounts[];
  /** Messages published from now on are delivered `copies` times in an order drawn from `seed`. */
  deliver(subscription: string, options: DeliverOptions): void;
  /** The next `times` acks are lost. */
  dropAcks(subscription: string, times: number): void;
  /** Nothing is handed out until `resume`; what is outstanding goes on. */
  pause(subscription: string): void;
  resume(subscription: string): void;
  /**
   * Resolves when nothing is undelivered or outstanding in the named subscriptions, or, when none
   * is named, in all with a push endpoint. Rejects after `timeoutMs` of real time.
   */
  waitUntilIdle(options?: { subscriptions?: readonly string[]; timeoutMs?: number }): Promise<void>;
  /** Publishes as the service itself: for emulators that notify a topic. Returns the message id. */
  publish(topic: string, message: { data: Buffer | string; attributes?: Readonly<Record<string, string>> }): string;
}

/** Implements the control surface over the broker. */
export function pubSubControl(broker: Broker): PubSubControl {
  const subscription = (name: string): Subscription => byName(broker.subscriptions(), name, (item) => item.name);
  const topicName = (name: string): string => {
    const names = broker.topics().map((topic) => topic.proto.name ?? "");
    return byName(names, name, (item) => item);
  };
  return {
    topicMessages: (topic) =>
      broker.topic(topicName(topic)).messages.map(({ data, publishedAt, ...rest }) => ({
        ...rest,
        publishedAt: publishedAt.toISOString(),
        data: data.toString("base64"),
      })),
    deliveries: (name) => subscription(name).deliveries(),
    counts: () => broker.subscriptions().map(countsOf),
    deliver: (name, options) => subscription(name).setDeliver(options),
    dropAcks: (name, times) => subscription(name).queue.dropAcks(times),
    pause: (name) => subscription(name).queue.pause(),
    resume: (name) => subscription(name).queue.resume(),
    waitUntilIdle({ subscriptions, timeoutMs = 30_000 } = {}) {
      const watched =
        subscriptions?.map(subscription) ?? broker.subscriptions().filter((item) => item.queue.settings.push !== null);
      return broker.waitUntilIdle(watched, AbortSignal.timeout(timeoutMs));
    },
    publish(topic, { data, attributes = {} }) {
      const content = { data: Buffer.from(data), attributes, orderingKey: "" };
      const [messageId = ""] = broker.publish(topicName(topic), [content]);
      return messageId;
    },
  };
}

function countsOf({ name, proto, queue }: Subscription): SubscriptionCounts {
  return {
    subscription: name,
    topic: proto.topic ?? "",
    pushEndpoint: queue.settings.push?.endpoint ?? null,
    paused: queue.isPaused,
    counts: queue.counts(),
  };
}

function byName<Item>(items: readonly Item[], name: string, nameOf: (item: Item) => string): Item {
  const matching = items.filter((item) => nameOf(item) === name || nameOf(item).endsWith(`/${name}`));
  const [found] = matching;
  if (found === undefined) throw notFound(`Resource not found (resource=${name}).`);
  if (matching.length > 1)
    throw new GoogleError(400, "invalid", `"${name}" names several resources; give the full name.`);
  return found;
}
