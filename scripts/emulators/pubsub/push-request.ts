import http from "node:http";
import https from "node:https";
import type { LeasedDelivery } from "./delivery.ts";

/** Status codes that Pub/Sub takes for an ack (cloud.google.com/pubsub/docs/push#receive_push). */
const ACK_STATUS = new Set([102, 200, 201, 202, 204]);

export type PushResult = { readonly kind: "ack" } | { readonly kind: "nack"; readonly reason: string };

export interface PushRequest {
  readonly endpoint: string;
  readonly subscription: string;
  readonly delivery: LeasedDelivery;
  /** Null: no Authorization header. */
  readonly idToken: string | null;
  /** Aborts at the ack deadline. */
  readonly signal: AbortSignal;
  readonly agents: PushAgents;
}

export interface PushAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

export function createPushAgents(): PushAgents {
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

/** Posts one wrapped message; never throws: whatever goes wrong is a nack with its reason. */
export function sendPush(push: PushRequest): Promise<PushResult> {
  const secure = push.endpoint.startsWith("https:");
  const body = Buffer.from(JSON.stringify(wrappedMessage(push)));
  const { promise, resolve } = Promise.withResolvers<PushResult>();
  const request = (secure ? https : http).request(push.endpoint, {
    method: "POST",
    agent: secure ? push.agents.https : push.agents.http,
    signal: push.signal,
    headers: requestHeaders(push, body.length),
  });
  request.on("information", ({ statusCode }) => {
    if (ACK_STATUS.has(statusCode)) resolve({ kind: "ack" });
  });
  request.on("response", (response) => {
    const status = response.statusCode ?? 0;
    // The answer counts when it has arrived whole: a process that dies in the middle has not acknowledged.
    response.on("end", () => resolve(ACK_STATUS.has(status) ? { kind: "ack" } : nack(`HTTP ${status}`)));
    response.on("error", (error) => resolve(nack(error.message)));
    response.resume();
  });
  request.on("error", (error) => resolve(nack(error.message)));
  request.end(body);
  return promise;
}

const nack = (reason: string): PushResult => ({ kind: "nack", reason });

function requestHeaders(push: PushRequest, contentLength: number): http.OutgoingHttpHeaders {
  const headers = {
    "content-type": "application/json",
    "content-length": contentLength,
    "user-agent": "CloudPubSub-Google",
    from: "noreply@google.com",
  };
  return push.idToken === null ? headers : { ...headers, authorization: `Bearer ${push.idToken}` };
}

/** Real traffic carries both spellings of id and time. */
function wrappedMessage({ delivery, subscription }: PushRequest): unknown {
  const { message, deliveryAttempt } = delivery;
  const publishTime = message.publishedAt.toISOString();
  return {
    message: {
      data: message.data.length === 0 ? undefined : message.data.toString("base64"),
      attributes: Object.keys(message.attributes).length === 0 ? undefined : message.attributes,
      messageId: message.messageId,
      message_id: message.messageId,
      publishTime,
      publish_time: publishTime,
      orderingKey: message.orderingKey === "" ? undefined : message.orderingKey,
    },
    subscription,
    deliveryAttempt: deliveryAttempt === 0 ? undefined : deliveryAttempt,
  };
}
