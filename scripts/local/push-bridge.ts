import { type Message, PubSub } from "@google-cloud/pubsub";
import { subscriptions } from "../../infra/topology/subscriptions.ts";
import { audienceOf, localProject, pushIdentity, subscriptionPath } from "./local-project.ts";

export interface PushBridgeOptions {
  readonly pubsubHost: string;
  readonly functionUrl: (name: string) => string;
  readonly mintIdToken: (claims: { email: string; audience: string }) => Promise<string>;
}

/** Codes with which a push endpoint acknowledges (cloud.google.com/pubsub/docs/push). */
const ACKNOWLEDGED = new Set([102, 200, 201, 202, 204]);
const CONCURRENT_MESSAGES = 10;
const PUSH_TIMEOUT_MS = 600_000;

/**
 * Stands between a foreign Pub/Sub emulator and the functions: few of them push with OIDC tokens, so this pulls with
 * the official client and posts each message as Pub/Sub would, acknowledging only what the function acknowledged.
 */
export function startPushBridge(options: PushBridgeOptions): { stop(): Promise<void> } {
  const pubsub = new PubSub({ projectId: localProject.projectId, apiEndpoint: options.pubsubHost, emulatorMode: true });
  const open = subscriptions.map(({ name, pushTo }) => {
    const subscription = pubsub.subscription(subscriptionPath(name), {
      flowControl: { maxMessages: CONCURRENT_MESSAGES },
    });
    subscription.on("message", (message) => void forward(message, { name, pushTo }, options));
    // A broken stream is opened again by the client itself.
    subscription.on("error", () => undefined);
    return subscription;
  });
  return {
    stop: async () => {
      await Promise.all(open.map((subscription) => subscription.close()));
      await pubsub.close();
    },
  };
}

async function forward(
  message: Message,
  { name, pushTo }: { readonly name: string; readonly pushTo: string },
  options: PushBridgeOptions,
): Promise<void> {
  try {
    const token = await options.mintIdToken({ email: pushIdentity, audience: audienceOf(pushTo) });
    const answer = await fetch(options.functionUrl(pushTo), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(pushBodyOf(message, name)),
      signal: AbortSignal.timeout(PUSH_TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    if (ACKNOWLEDGED.has(answer.status)) message.ack();
    else message.nack();
  } catch {
    message.nack();
  }
}

function pushBodyOf(message: Message, subscription: string) {
  const publishTime = message.publishTime.toISOString();
  const data = message.data.toString("base64");
  const { id: messageId, attributes } = message;
  return { message: { data, attributes, messageId, publishTime }, subscription: subscriptionPath(subscription) };
}
