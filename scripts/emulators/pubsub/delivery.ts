import type { EmulatorClock } from "../rest/emulator.ts";
import type { PublishedMessage } from "./published-message.ts";

export const deliveryStates = ["undelivered", "outstanding", "acked", "dead-lettered", "expired"] as const;

/**
 * - undelivered: waits for a subscriber, or for its back-off to pass
 * - outstanding: handed out, its ack deadline runs
 * - acked, dead-lettered, expired (older than the subscription's retention): finished
 */
export type DeliveryState = (typeof deliveryStates)[number];

/** How a lease ended. */
export type LeaseEnd = "acked" | "nacked" | "expired" | "closed";

/** One message on its way to one subscription; with `deliver.copies` a message has several. */
export interface Delivery {
  readonly message: PublishedMessage;
  /** 0, or the number of an extra copy asked for by the control surface. */
  readonly copy: number;
  state: DeliveryState;
  /** Nacks and missed ack deadlines so far. */
  failures: number;
  lastFailure: string | null;
  lease: Lease | null;
  /** Cancels the wait of an undelivered one. */
  cancelWait: (() => void) | null;
}

/** How a subscriber takes deliveries. */
export interface LeaseTerms {
  readonly leaseMs: number;
  /** Measures the ack deadline. */
  readonly clock: EmulatorClock;
  readonly onEnd?: (delivery: LeasedDelivery, end: LeaseEnd) => void;
}

export interface Lease {
  readonly ackId: string;
  readonly clock: EmulatorClock;
  cancelExpiry: () => void;
  readonly onEnd: (end: LeaseEnd) => void;
}

/** A delivery that its subscriber holds. */
export interface LeasedDelivery {
  readonly ackId: string;
  readonly message: PublishedMessage;
  /** 1 for the first; 0 when the subscription has no dead letter policy, as Google reports it. */
  readonly deliveryAttempt: number;
}

/** What the control surface shows of one delivery. */
export interface DeliveryView {
  readonly subscription: string;
  readonly topic: string;
  readonly messageId: string;
  readonly copy: number;
  readonly state: DeliveryState;
  /** Deliveries so far, the present one included. */
  readonly attempts: number;
  readonly lastFailure: string | null;
  readonly publishedAt: string;
  readonly orderingKey: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** base64 */
  readonly data: string;
}

export function viewOf(subscription: string, delivery: Delivery): DeliveryView {
  const { message, copy, state, failures, lastFailure } = delivery;
  const underWay = state === "outstanding" || state === "acked" ? 1 : 0;
  return {
    subscription,
    topic: message.topic,
    messageId: message.messageId,
    copy,
    state,
    attempts: failures + underWay,
    lastFailure,
    publishedAt: message.publishedAt.toISOString(),
    orderingKey: message.orderingKey,
    attributes: message.attributes,
    data: message.data.toString("base64"),
  };
}
