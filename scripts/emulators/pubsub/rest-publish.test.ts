import { PubSub } from "@google-cloud/pubsub";
import { pubsub as pubsubApi } from "googleapis/build/src/apis/pubsub/index.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scaledClock } from "../rest/emulator.ts";
import { type PubSubEmulator, startPubSubEmulator } from "./start-pubsub-emulator.ts";

const topic = "projects/p/topics/booking-events";
let emulator: PubSubEmulator;
let grpc: PubSub;

beforeAll(async () => {
  emulator = await startPubSubEmulator({ clock: scaledClock(1) });
  grpc = new PubSub({ projectId: "p", apiEndpoint: emulator.host, emulatorMode: true });
  await grpc.createTopic("booking-events");
});
afterAll(async () => {
  await grpc?.close();
  await emulator?.stop();
});

const publish = (to: string, messages: readonly object[]) =>
  pubsubApi({ version: "v1", rootUrl: `http://${emulator.host}/` }).projects.topics.publish({
    topic: to,
    requestBody: { messages: [...messages] },
  });
const data = Buffer.from("hello").toString("base64");

it("a message published over REST and one over gRPC, by the same port, stand on the same topic", async () => {
  const { data: answer } = await publish(topic, [{ data, attributes: { kind: "a" } }]);
  const messageId = await grpc.topic("booking-events").publishMessage({ data: Buffer.from("again") });

  const messages = emulator.topicMessages("booking-events");
  expect(messages.map((message) => message.messageId)).toEqual([...(answer.messageIds ?? []), messageId]);
  expect(messages[0]).toMatchObject({ data, attributes: { kind: "a" } });
});

it.each([
  ["an unknown topic", "projects/p/topics/nobodys", [{ data }], 404],
  ["no message", topic, [], 400],
  ["an empty message", topic, [{}], 400],
  ["an attribute that is too long", topic, [{ data, attributes: { kind: "x".repeat(2_000) } }], 400],
  ["a field that Pub/Sub does not know", topic, [{ data, colour: "red" }], 400],
  ["data that is not base64", topic, [{ data: "%" }], 400],
])("%s is refused", async (_what, to, messages, status) => {
  const before = emulator.topicMessages("booking-events").length;

  await expect(publish(to, messages)).rejects.toMatchObject({ status });
  expect(emulator.topicMessages("booking-events")).toHaveLength(before);
});
