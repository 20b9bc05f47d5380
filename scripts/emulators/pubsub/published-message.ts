import type { google } from "@google-cloud/pubsub-api/build/protos/protos.js";
import { invalidArgument } from "./status-error.ts";

/** cloud.google.com/pubsub/quotas#resource_limits */
const MAX_REQUEST_BYTES = 10_000_000;
const MAX_MESSAGES_PER_REQUEST = 1_000;
const MAX_ATTRIBUTES = 100;
const MAX_ATTRIBUTE_KEY_BYTES = 256;
const MAX_ATTRIBUTE_VALUE_BYTES = 1_024;
const MAX_ORDERING_KEY_BYTES = 1_024;
const RESERVED_KEY_PREFIX = "goog";
/** Set by the official clients themselves (trace context). */
const CLIENT_KEY_PREFIX = "googclient_";

/** What a publisher hands in. */
export interface MessageContent {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** Empty when there is none. */
  readonly orderingKey: string;
}

/** A message as the topic keeps it. */
export interface PublishedMessage extends MessageContent {
  readonly messageId: string;
  /** Full name of the topic. */
  readonly topic: string;
  readonly publishedAt: Date;
}

/** The messages of one Publish request; throws INVALID_ARGUMENT for what Google refuses, all or nothing. */
export function acceptedMessages(messages: readonly google.pubsub.v1.IPubsubMessage[]): MessageContent[] {
  if (messages.length === 0) throw invalidArgument("The request contains no messages.");
  if (messages.length > MAX_MESSAGES_PER_REQUEST) {
    throw invalidArgument(
      `The value for message_count is too large. You passed ${messages.length} in the request, but the maximum value is ${MAX_MESSAGES_PER_REQUEST}.`,
    );
  }
  const contents = messages.map(acceptedMessage);
  const requestBytes = contents.reduce((sum, content) => sum + sizeBytes(content), 0);
  if (requestBytes > MAX_REQUEST_BYTES) {
    throw invalidArgument(
      `The value for request_size is too large. You passed ${requestBytes} in the request, but the maximum value is ${MAX_REQUEST_BYTES}.`,
    );
  }
  return contents;
}

function acceptedMessage(message: google.pubsub.v1.IPubsubMessage): MessageContent {
  const data = Buffer.from(message.data instanceof Uint8Array ? message.data : []);
  const attributes = message.attributes ?? {};
  const orderingKey = message.orderingKey ?? "";
  const keys = Object.keys(attributes);
  if (data.length === 0 && keys.length === 0) {
    throw invalidArgument(
      "One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.",
    );
  }
  if (keys.length > MAX_ATTRIBUTES) throw tooLarge("attribute_count", keys.length, MAX_ATTRIBUTES);
  for (const [key, value] of Object.entries(attributes)) requireAttribute(key, value);
  requireBytes("ordering_key_length", orderingKey, MAX_ORDERING_KEY_BYTES);
  return { data, attributes, orderingKey };
}

function requireAttribute(key: string, value: string): void {
  if (key === "") throw invalidArgument("An attribute key in the publish request is empty.");
  if (key.startsWith(RESERVED_KEY_PREFIX) && !key.startsWith(CLIENT_KEY_PREFIX)) {
    throw invalidArgument(`The attribute key "${key}" starts with the reserved prefix "${RESERVED_KEY_PREFIX}".`);
  }
  requireBytes("attribute_key_length", key, MAX_ATTRIBUTE_KEY_BYTES);
  requireBytes("attribute_value_length", value, MAX_ATTRIBUTE_VALUE_BYTES);
}

function requireBytes(limit: string, text: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) throw tooLarge(limit, bytes, maxBytes);
}

function tooLarge(limit: string, found: number, max: number): Error {
  return invalidArgument(
    `The value for ${limit} is too large. You passed ${found} in the request, but the maximum value is ${max}.`,
  );
}

function sizeBytes(content: MessageContent): number {
  const attributes = Object.entries(content.attributes);
  const attributeBytes = attributes.reduce(
    (sum, pair) => sum + Buffer.byteLength(pair[0]) + Buffer.byteLength(pair[1]),
    0,
  );
  return content.data.length + attributeBytes + Buffer.byteLength(content.orderingKey);
}
