import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { EmulatorClock } from "../rest/emulator.ts";
import type { Delivery } from "./delivery.ts";
import type { MessageContent, PublishedMessage } from "./published-message.ts";
import { nameParts } from "./resource-names.ts";
import { alreadyExists, notFound } from "./status-error.ts";
import { Subscription } from "./subscription.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";
import { parseSubscription } from "./subscription-settings.ts";

/** Messages a topic keeps for listings, whether or not anybody subscribes. */
const KEPT_PER_TOPIC = 10_000;
/** What Google writes instead of a topic's name once it is deleted. */
const DELETED_TOPIC = "_deleted-topic_";

interface Topic {
  proto: google.pubsub.v1.ITopic;
  messages: PublishedMessage[];
}

export interface BrokerOptions {
  readonly clock: EmulatorClock;
  /** Ack deadlines of messages that were pulled, and the wait of a Pull. */
  readonly pullClock: EmulatorClock;
  readonly random: () => number;
}

/** Topics, subscriptions and the way of a message from one to the other. */
export class Broker {
  readonly clock: EmulatorClock;
  readonly pullClock: EmulatorClock;
  readonly #random: () => number;
  readonly #topics = new Map<string, Topic>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #idleChecks = new Set<() => void>();
  #lastMessageNumber: number;

  constructor(options: BrokerOptions) {
    this.clock = options.clock;
    this.pullClock = options.pullClock;
    this.#random = options.random;
    // Ids must differ from those of an earlier run: consumers remember them in the database.
    this.#lastMessageNumber = options.clock.now().getTime() * 1_000;
  }

  createTopic(proto: google.pubsub.v1.ITopic & { name: string }): google.pubsub.v1.ITopic {
    if (this.#topics.has(proto.name)) throw alreadyExists(proto.name);
    this.#topics.set(proto.name, { proto, messages: [] });
    return proto;
  }

  topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw notFound(name);
    return topic;
  }

  topics(): readonly Topic[] {
    return [...this.#topics.values()];
  }

  /** The topic's subscriptions stay, attached to `_deleted-topic_`, as in Pub/Sub. */
  deleteTopic(name: string): void {
    this.topic(name);
    this.#topics.delete(name);
    for (const subscription of this.subscriptionsOf(name)) {
      subscription.proto = { ...subscription.proto, topic: DELETED_TOPIC };
    }
  }

  createSubscription(proto: google.pubsub.v1.ISubscription): Subscription {
    const settings = parseSubscription(proto);
    if (this.#subscriptions.has(settings.name)) throw alreadyExists(settings.name);
    this.topic(settings.topic);
    if (settings.deadLetter !== null) this.topic(settings.deadLetter.topic);
    const subscription = new Subscription(proto, {
      clock: this.clock,
      random: this.#random,
      deadLetter: (delivery, current) => this.#publishDeadLetter(delivery, current),
      onFinished: () => this.#checkIdle(),
    });
    this.#subscriptions.set(settings.name, subscription);
    return subscription;
  }

  subscription(name: string): Subscription {
    const subscription = this.#subscriptions.get(name);
    if (subscription === undefined) throw notFound(name);
    return subscription;
  }

  subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  subscriptionsOf(topic: string): readonly Subscription[] {
    return this.subscriptions().filter((subscription) => subscription.proto.topic === topic);
  }

  deleteSubscription(name: string): void {
    this.subscription(name).queue.clear();
    this.#subscriptions.delete(name);
  }

  /** Stores and fans out; returns the message ids in order. A topic without subscriptions loses them. */
  publish(topicName: string, contents: readonly MessageContent[]): string[] {
    const topic = this.topic(topicName);
    const publishedAt = this.clock.now();
    const subscriptions = this.subscriptionsOf(topicName);
    const messages = contents.map((content): PublishedMessage => {
      this.#lastMessageNumber += 1;
      return { ...content, messageId: String(this.#lastMessageNumber), topic: topicName, publishedAt };
    });
    for (const message of messages) {
      topic.messages.push(message);
      for (const subscription of subscriptions) subscription.receive(message);
    }
    if (topic.messages.length > 2 * KEPT_PER_TOPIC) topic.messages = topic.messages.slice(-KEPT_PER_TOPIC);
    return messages.map((message) => message.messageId);
  }

  /** Resolves when none of these subscriptions has anything undelivered or outstanding. */
  async waitUntilIdle(subscriptions: readonly Subscription[], signal: AbortSignal): Promise<void> {
    const isIdle = (): boolean => subscriptions.every((subscription) => subscription.queue.isIdle);
    if (isIdle()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (): void => {
      if (isIdle()) resolve();
    };
    const abort = (): void => reject(signal.reason as Error);
    this.#idleChecks.add(check);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      await promise;
    } finally {
      this.#idleChecks.delete(check);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Forgets every message; topics and subscriptions stay. */
  clearMessages(): void {
    for (const topic of this.#topics.values()) topic.messages = [];
    for (const subscription of this.#subscriptions.values()) {
      subscription.setDeliver(null);
      subscription.queue.clear();
    }
  }

  #publishDeadLetter(delivery: Delivery, settings: SubscriptionSettings): boolean {
    const topic = settings.deadLetter?.topic;
    if (topic === undefined || !this.#topics.has(topic)) return false;
    const { message } = delivery;
    const { id, project } = nameParts(settings.name);
    // cloud.google.com/pubsub/docs/handling-failures: what Google adds to a forwarded message.
    const source = {
      CloudPubSubDeadLetterSourceDeliveryCount: String(delivery.failures),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: message.publishedAt.toISOString(),
    };
    const { data, orderingKey } = message;
    this.publish(topic, [{ data, orderingKey, attributes: { ...message.attributes, ...source } }]);
    return true;
  }

  #checkIdle(): void {
    for (const check of [...this.#idleChecks]) check();
  }
}
