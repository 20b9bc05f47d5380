import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import type { EmulatorClock } from "../rest/emulator.ts";
import type { LeasedDelivery } from "./delivery.ts";
import { receivedMessage } from "./received-message.ts";
import { invalidArgument } from "./status-error.ts";
import type { Subscription } from "./subscription.ts";

/** Longest that an unary Pull waits for a first message before it answers with none. */
const PULL_WAIT_MS = 90_000;
const MAX_MESSAGES = 1_000;

export interface PullCall {
  readonly subscription: Subscription;
  readonly request: google.pubsub.v1.IPullRequest;
  readonly clock: EmulatorClock;
  /** Aborts when the client gives up. */
  readonly signal: AbortSignal;
}

/** At most `maxMessages`; waits for the first unless `returnImmediately`. */
export async function pull(call: PullCall): Promise<google.pubsub.v1.IPullResponse> {
  const { subscription, request, clock, signal } = call;
  const max = request.maxMessages ?? 0;
  if (max < 1) throw invalidArgument("max_messages must be positive.");
  const { queue } = subscription;
  const take = (): LeasedDelivery[] =>
    queue.take(Math.min(max, MAX_MESSAGES), { leaseMs: queue.settings.ackDeadlineMs, clock });
  const ready = take();
  if (ready.length > 0 || request.returnImmediately === true) return { receivedMessages: ready.map(receivedMessage) };
  const { promise, resolve } = Promise.withResolvers<LeasedDelivery[]>();
  const detach = subscription.attach({
    pump() {
      const taken = take();
      if (taken.length === 0) return;
      // Detached at once: a second pump before the answer would lease messages that nobody reads.
      detach();
      resolve(taken);
    },
  });
  const giveUp = (): void => {
    detach();
    resolve([]);
  };
  const cancelWait = clock.after(PULL_WAIT_MS, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  const taken = await promise;
  cancelWait();
  return { receivedMessages: taken.map(receivedMessage) };
}
