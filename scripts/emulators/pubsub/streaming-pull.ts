import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { EmulatorClock } from "../rest/emulator.ts";
import type { LeasedDelivery } from "./delivery.ts";
import { receivedMessage } from "./received-message.ts";
import { invalidArgument } from "./status-error.ts";
import type { Consumer, Subscription } from "./subscription.ts";
import { requireAckDeadlineSeconds } from "./subscription-settings.ts";

type IRequest = google.pubsub.v1.IStreamingPullRequest;
type IResponse = google.pubsub.v1.IStreamingPullResponse;
export type StreamingPullCall = ServerDuplexStream<IRequest, IResponse>;

/** Messages in one response, as the service batches them. */
const MAX_BATCH = 1_000;

export interface StreamingPullDeps {
  readonly call: StreamingPullCall;
  readonly clock: EmulatorClock;
}

/** One open StreamingPull: hands out what the client's flow control leaves room for. */
export class StreamingPull implements Consumer {
  readonly #call: StreamingPullCall;
  readonly #clock: EmulatorClock;
  readonly #subscription: Subscription;
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #ackDeadlineMs: number;
  #outstandingMessages = 0;
  #outstandingBytes = 0;
  #closed = false;

  constructor(deps: StreamingPullDeps, subscription: Subscription, first: IRequest) {
    this.#call = deps.call;
    this.#clock = deps.clock;
    this.#subscription = subscription;
    this.#ackDeadlineMs = requireAckDeadlineSeconds(first.streamAckDeadlineSeconds ?? 0) * 1_000;
    // Zero or less means no limit.
    this.#maxMessages = positiveOrInfinite(first.maxOutstandingMessages);
    this.#maxBytes = positiveOrInfinite(first.maxOutstandingBytes);
    this.#accept(first);
  }

  pump(): void {
    const batch: LeasedDelivery[] = [];
    while (batch.length < MAX_BATCH && this.#hasRoom()) {
      const [delivery] = this.#subscription.queue.take(1, {
        leaseMs: this.#ackDeadlineMs,
        clock: this.#clock,
        onEnd: (leased) => this.#release(leased),
      });
      if (delivery === undefined) break;
      this.#outstandingMessages += 1;
      this.#outstandingBytes += delivery.message.data.length;
      batch.push(delivery);
    }
    if (batch.length === 0) return;
    this.#call.write({
      receivedMessages: batch.map(receivedMessage),
      subscriptionProperties: {
        exactlyOnceDeliveryEnabled: false,
        messageOrderingEnabled: this.#subscription.proto.enableMessageOrdering ?? false,
      },
    });
  }

  /** Hands out nothing more; what is outstanding comes again after its ack deadline. */
  close(): void {
    this.#closed = true;
  }

  /** A later request on the stream: acks, deadline changes, a new stream deadline. */
  receive(request: IRequest): void {
    if (request.subscription) throw invalidArgument("Only the first request of a stream names the subscription.");
    if (request.streamAckDeadlineSeconds) {
      this.#ackDeadlineMs = requireAckDeadlineSeconds(request.streamAckDeadlineSeconds) * 1_000;
    }
    this.#accept(request);
  }

  #accept(request: IRequest): void {
    const { queue } = this.#subscription;
    for (const ackId of request.ackIds ?? []) queue.ack(ackId);
    const seconds = request.modifyDeadlineSeconds ?? [];
    const ackIds = request.modifyDeadlineAckIds ?? [];
    if (seconds.length !== ackIds.length) throw invalidArgument("Each deadline needs exactly one ack id.");
    for (const [index, ackId] of ackIds.entries()) {
      const deadline = seconds[index] ?? 0;
      if (deadline === 0) queue.nack(ackId, "nack");
      else queue.extend(ackId, deadline * 1_000);
    }
  }

  #hasRoom(): boolean {
    return !this.#closed && this.#outstandingMessages < this.#maxMessages && this.#outstandingBytes < this.#maxBytes;
  }

  #release(leased: LeasedDelivery): void {
    this.#outstandingMessages -= 1;
    this.#outstandingBytes -= leased.message.data.length;
    queueMicrotask(() => this.pump());
  }
}

function positiveOrInfinite(value: IRequest["maxOutstandingBytes"]): number {
  const limit = Number(value ?? 0);
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}
