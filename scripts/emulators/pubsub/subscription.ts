import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { DeliveryView } from "./delivery.ts";
import { viewOf } from "./delivery.ts";
import type { PublishedMessage } from "./published-message.ts";
import { seededRandom } from "./seeded-random.ts";
import type { QueueDeps } from "./subscription-queue.ts";
import { SubscriptionQueue } from "./subscription-queue.ts";
import { parseSubscription } from "./subscription-settings.ts";

/** Whoever takes deliveries: the pusher, an open Pull, an open StreamingPull. */
export interface Consumer {
  /** Called when something may be ready; takes what it has room for. */
  pump(): void;
}

/** Deliver each message several times, in random order. */
export interface DeliverOptions {
  /** Times each message is delivered, 1 or more. */
  readonly copies: number;
  /** Each copy waits a random part of this, in Google's milliseconds. */
  readonly shuffleWindowMs: number;
  readonly seed: number;
}

/** One subscription: its resource, its queue, and those who take from it. */
export class Subscription {
  proto: google.pubsub.v1.ISubscription;
  readonly queue: SubscriptionQueue;
  readonly #consumers = new Set<Consumer>();
  #pumpScheduled = false;
  #deliver: (DeliverOptions & { random: () => number }) | null = null;

  constructor(proto: google.pubsub.v1.ISubscription, deps: Omit<QueueDeps, "onReady">) {
    this.proto = proto;
    this.queue = new SubscriptionQueue(parseSubscription(proto), { ...deps, onReady: () => this.#schedulePump() });
  }

  get name(): string {
    return this.queue.settings.name;
  }

  /** Replaces the resource; deliveries under way keep the deadline they were given. */
  update(proto: google.pubsub.v1.ISubscription): void {
    this.queue.settings = parseSubscription(proto);
    this.proto = proto;
    this.#schedulePump();
  }

  receive(message: PublishedMessage): void {
    if (this.#deliver === null) {
      this.queue.add(message);
      return;
    }
    const { copies, shuffleWindowMs, random } = this.#deliver;
    for (let copy = 0; copy < copies; copy += 1) {
      this.queue.add(message, { copy, delayMs: Math.floor(random() * shuffleWindowMs) });
    }
  }

  /** For messages published from now on; null restores one delivery in order of arrival. */
  setDeliver(options: DeliverOptions | null): void {
    this.#deliver = options === null ? null : { ...options, random: seededRandom(options.seed) };
  }

  /** Adds a taker; returns its removal. */
  attach(consumer: Consumer): () => void {
    this.#consumers.add(consumer);
    this.#schedulePump();
    return () => void this.#consumers.delete(consumer);
  }

  deliveries(): readonly DeliveryView[] {
    return this.queue.deliveries().map((delivery) => viewOf(this.name, delivery));
  }

  /** One pump for all that became ready in this turn: a batch of 500 costs one. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      for (const consumer of [...this.#consumers]) consumer.pump();
    });
  }
}
