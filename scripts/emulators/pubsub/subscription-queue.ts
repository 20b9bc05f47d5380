import type { EmulatorClock } from "../rest/emulator.ts";
import type { Delivery, DeliveryState, Lease, LeasedDelivery, LeaseEnd, LeaseTerms } from "./delivery.ts";
import { deliveryStates } from "./delivery.ts";
import { Fifo } from "./fifo.ts";
import type { PublishedMessage } from "./published-message.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";

/** Finished deliveries kept for listings; counts stay exact. */
const KEPT_FINISHED = 10_000;

export interface QueueDeps {
  readonly clock: EmulatorClock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Publishes to the dead letter topic; false when that topic is gone, and delivery goes on. */
  readonly deadLetter: (delivery: Delivery, settings: SubscriptionSettings) => boolean;
  /** Something became ready for a subscriber. */
  readonly onReady: () => void;
  /** A delivery finished. */
  readonly onFinished: () => void;
}

/** The deliveries of one subscription: nothing leaves it but by an ack, the dead letter topic or retention. */
export class SubscriptionQueue {
  settings: SubscriptionSettings;
  readonly #deps: QueueDeps;
  #ready = new Fifo<Delivery>();
  #live = new Set<Delivery>();
  #leased = new Map<string, Delivery>();
  #finished: Delivery[] = [];
  #finishedCounts = new Map<DeliveryState, number>();
  #lastAckNumber = 0;
  #acksToDrop = 0;
  #paused = false;

  constructor(settings: SubscriptionSettings, deps: QueueDeps) {
    this.settings = settings;
    this.#deps = deps;
  }

  /** Queues one copy, after `delayMs` of Google's time. */
  add(message: PublishedMessage, { copy = 0, delayMs = 0 } = {}): void {
    const delivery: Delivery = {
      message,
      copy,
      state: "undelivered",
      failures: 0,
      lastFailure: null,
      lease: null,
      cancelWait: null,
    };
    this.#live.add(delivery);
    this.#makeReadyAfter(delayMs, delivery);
  }

  /** Leases at most `max` ready deliveries; none while paused. */
  take(max: number, terms: LeaseTerms): LeasedDelivery[] {
    const taken: LeasedDelivery[] = [];
    while (!this.#paused && taken.length < max) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) break;
      if (this.#isPastRetention(delivery)) this.#finish(delivery, "expired");
      else taken.push(this.#lease(delivery, terms));
    }
    return taken;
  }

  /** False for an ack id that is unknown or no longer valid; Google answers OK all the same. */
  ack(ackId: string): boolean {
    const delivery = this.#leased.get(ackId);
    if (delivery === undefined) return false;
    if (this.#acksToDrop > 0) {
      this.#acksToDrop -= 1;
      return true;
    }
    this.#endLease(delivery, "acked");
    this.#finish(delivery, "acked");
    return true;
  }

  /** Gives a delivery back; it returns after the back-off, or goes to the dead letter topic. */
  nack(ackId: string, reason: string): boolean {
    const delivery = this.#leased.get(ackId);
    if (delivery === undefined) return false;
    this.#fail(delivery, reason, "nacked");
    return true;
  }

  /** Restarts the ack deadline from now. */
  extend(ackId: string, leaseMs: number): boolean {
    const delivery = this.#leased.get(ackId);
    if (delivery?.lease == null) return false;
    delivery.lease.cancelExpiry();
    delivery.lease.cancelExpiry = this.#expireAfter(leaseMs, delivery, delivery.lease.clock);
    return true;
  }

  /** The next `times` acks are lost: their deliveries stay outstanding until the deadline, then come again. */
  dropAcks(times: number): void {
    this.#acksToDrop = times;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deps.onReady();
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Nothing undelivered and nothing outstanding. */
  get isIdle(): boolean {
    return this.#live.size === 0;
  }

  counts(): Record<DeliveryState, number> {
    const outstanding = this.#leased.size;
    const live: Partial<Record<DeliveryState, number>> = { outstanding, undelivered: this.#live.size - outstanding };
    const pairs = deliveryStates.map((state) => [state, live[state] ?? this.#finishedCounts.get(state) ?? 0] as const);
    return Object.fromEntries(pairs) as Record<DeliveryState, number>;
  }

  /** Latest finished deliveries, then those on their way, each in order of arrival. */
  deliveries(): readonly Delivery[] {
    return [...this.#finished, ...this.#live];
  }

  /** Forgets every delivery and cancels every timer. */
  clear(): void {
    const live = [...this.#live];
    this.#ready = new Fifo();
    this.#live.clear();
    this.#finished = [];
    this.#finishedCounts.clear();
    this.#acksToDrop = 0;
    this.#paused = false;
    for (const delivery of live) {
      delivery.cancelWait?.();
      this.#endLease(delivery, "closed");
    }
    this.#deps.onFinished();
  }

  #lease(delivery: Delivery, { leaseMs, clock, onEnd }: LeaseTerms): LeasedDelivery {
    this.#lastAckNumber += 1;
    const ackId = `${delivery.message.messageId}-${delivery.copy}-${this.#lastAckNumber}`;
    const deliveryAttempt = this.settings.deadLetter === null ? 0 : delivery.failures + 1;
    const leased: LeasedDelivery = { ackId, message: delivery.message, deliveryAttempt };
    const lease: Lease = {
      ackId,
      clock,
      cancelExpiry: this.#expireAfter(leaseMs, delivery, clock),
      onEnd: (end) => onEnd?.(leased, end),
    };
    delivery.lease = lease;
    delivery.state = "outstanding";
    this.#leased.set(ackId, delivery);
    return leased;
  }

  #expireAfter(leaseMs: number, delivery: Delivery, clock: EmulatorClock): () => void {
    return clock.after(leaseMs, () => this.#fail(delivery, "ack deadline exceeded", "expired"));
  }

  #endLease(delivery: Delivery, end: LeaseEnd): void {
    const { lease } = delivery;
    if (lease === null) return;
    delivery.lease = null;
    lease.cancelExpiry();
    this.#leased.delete(lease.ackId);
    lease.onEnd(end);
  }

  #fail(delivery: Delivery, reason: string, end: LeaseEnd): void {
    delivery.failures += 1;
    delivery.lastFailure = reason;
    delivery.state = "undelivered";
    this.#endLease(delivery, end);
    const { deadLetter, retry, push } = this.settings;
    const exhausted = deadLetter !== null && delivery.failures >= deadLetter.maxDeliveryAttempts;
    if (exhausted && this.#deps.deadLetter(delivery, this.settings)) {
      this.#finish(delivery, "dead-lettered");
      return;
    }
    const { random } = this.#deps;
    this.#makeReadyAfter(retryDelayMs(delivery.failures, retry, { push: push !== null, random }), delivery);
  }

  #makeReadyAfter(delayMs: number, delivery: Delivery): void {
    const makeReady = (): void => {
      delivery.cancelWait = null;
      this.#ready.push(delivery);
      this.#deps.onReady();
    };
    if (delayMs === 0) makeReady();
    else delivery.cancelWait = this.#deps.clock.after(delayMs, makeReady);
  }

  #isPastRetention(delivery: Delivery): boolean {
    return this.#deps.clock.now().getTime() - delivery.message.publishedAt.getTime() > this.settings.retentionMs;
  }

  #finish(delivery: Delivery, state: "acked" | "dead-lettered" | "expired"): void {
    delivery.state = state;
    this.#live.delete(delivery);
    this.#finished.push(delivery);
    if (this.#finished.length > 2 * KEPT_FINISHED) this.#finished = this.#finished.slice(-KEPT_FINISHED);
    this.#finishedCounts.set(state, (this.#finishedCounts.get(state) ?? 0) + 1);
    this.#deps.onFinished();
  }
}
