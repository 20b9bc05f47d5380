import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Message, Subscription } from "@google-cloud/pubsub";
import { PubSub } from "@google-cloud/pubsub";
import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startOAuthEmulator } from "../oauth/start-oauth-emulator.ts";
import { manualClock, scaledClock } from "../rest/emulator.ts";
import type { PubSubEmulator } from "./start-pubsub-emulator.ts";
import { startPubSubEmulator } from "./start-pubsub-emulator.ts";

const projectId = "booking-insights-local";

interface Push {
  readonly headers: IncomingMessage["headers"];
  readonly body: {
    message: { data?: string; attributes?: Record<string, string>; messageId: string; message_id: string };
    subscription: string;
    deliveryAttempt?: number;
  };
}

/** An endpoint that answers each push as `respond` says and remembers it. */
async function startEndpoint(respond: (push: Push, response: ServerResponse) => void) {
  const pushes: Push[] = [];
  const server: Server = createServer(async (request, response) => {
    const push: Push = { headers: request.headers, body: JSON.parse(await text(request)) };
    pushes.push(push);
    server.emit("push");
    respond(push, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const received = async (count: number): Promise<void> => {
    while (pushes.length < count) await once(server, "push");
  };
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url, pushes, received, stop };
}

const ackAll = (_push: Push, response: ServerResponse): void => void response.writeHead(204).end();
const refuseAll = (_push: Push, response: ServerResponse): void => void response.writeHead(500).end("no");

describe("the Pub/Sub emulator", () => {
  const disposals: (() => unknown)[] = [];
  let emulator: PubSubEmulator;
  let client: PubSub;

  async function start(options: Partial<Parameters<typeof startPubSubEmulator>[0]> = {}): Promise<void> {
    emulator = await startPubSubEmulator({
      clock: scaledClock(0.002),
      pullClock: scaledClock(1),
      mintIdToken: () => "signed",
      ...options,
    });
    client = new PubSub({ projectId, apiEndpoint: emulator.host, emulatorMode: true });
    disposals.push(
      () => client.close(),
      () => emulator.stop(),
    );
    await client.createTopic("booking-events");
    await client.createTopic("booking-events-dead-letter");
  }

  async function endpoint(respond: (push: Push, response: ServerResponse) => void) {
    const started = await startEndpoint(respond);
    disposals.push(started.stop);
    return started;
  }

  const publish = (data: string, attributes: Record<string, string> = {}): Promise<string> =>
    client.topic("booking-events").publishMessage({ data: Buffer.from(data), attributes });

  const retryPolicy = { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } };
  const deadLetterPolicy = (maxDeliveryAttempts: number) => ({
    deadLetterTopic: `projects/${projectId}/topics/booking-events-dead-letter`,
    maxDeliveryAttempts,
  });
  const createPush = (pushEndpoint: string, options: object = {}): Promise<[Subscription, unknown]> =>
    client.createSubscription("booking-events", "process-booking", { pushConfig: { pushEndpoint }, ...options });

  beforeEach(async () => {
    // The low-level client looks for a metadata server: no test leaves the machine.
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    await start();
  });

  afterEach(async () => {
    for (const dispose of disposals.splice(0)) await dispose();
  });

  it("pushes a wrapped message with a token for the audience asked for", async () => {
    for (const dispose of disposals.splice(0)) await dispose();
    const oauth = await startOAuthEmulator({ clock: scaledClock(1), clients: [] });
    disposals.push(() => oauth.stop());
    await start({ mintIdToken: oauth.mintIdToken });
    const target = await endpoint(ackAll);
    await createPush(target.url, {
      // Signing the first token may take longer than a scaled-down default deadline on a busy machine.
      ackDeadlineSeconds: 600,
      pushConfig: {
        pushEndpoint: target.url,
        oidcToken: { serviceAccountEmail: "pubsub-push@p.iam.gserviceaccount.com", audience: "process-booking" },
      },
      deadLetterPolicy: deadLetterPolicy(5),
    });
    const messageId = await publish('{"id":1}', { event: "booking" });
    await emulator.waitUntilIdle();
    const [push] = target.pushes;
    const verifier = new OAuth2Client({
      endpoints: { oauth2FederatedSignonPemCertsUrl: `${oauth.url}/oauth2/v1/certs` },
    });
    const idToken = push?.headers.authorization?.slice("Bearer ".length) ?? "";
    const ticket = await verifier.verifyIdToken({ idToken, audience: "process-booking" });
    expect(ticket.getPayload()).toMatchObject({
      iss: "https://accounts.google.com",
      email: "pubsub-push@p.iam.gserviceaccount.com",
      email_verified: true,
    });
    expect(push?.headers["content-type"]).toBe("application/json");
    expect(push?.body).toMatchObject({
      subscription: `projects/${projectId}/subscriptions/process-booking`,
      deliveryAttempt: 1,
      message: { messageId, message_id: messageId, attributes: { event: "booking" }, data: btoa('{"id":1}') },
    });
  });

  it("leaves out the delivery attempt without a dead letter policy", async () => {
    const target = await endpoint(ackAll);
    await createPush(target.url);
    await publish("x");
    await emulator.waitUntilIdle();
    expect(target.pushes[0]?.body).not.toHaveProperty("deliveryAttempt");
  });

  it("redelivers after an error status until a success", async () => {
    const answers = [500, 429, 302, 404, 201];
    const target = await endpoint((_push, response) => void response.writeHead(answers.shift() ?? 200).end());
    await createPush(target.url, { retryPolicy });
    await publish("x");
    await emulator.waitUntilIdle();
    expect(target.pushes).toHaveLength(5);
    expect(emulator.deliveries("process-booking")).toMatchObject([{ state: "acked", attempts: 5 }]);
  });

  it("redelivers when the endpoint dies in the middle and when nobody listens", async () => {
    let alive = false;
    const target = await endpoint((_push, response) => {
      if (alive) response.end();
      else response.destroy();
      alive = true;
    });
    await createPush(target.url, { retryPolicy });
    await publish("x");
    await emulator.waitUntilIdle();
    expect(target.pushes).toHaveLength(2);

    target.stop();
    await publish("y");
    const failed = (): boolean => emulator.deliveries("process-booking")[1]?.lastFailure !== null;
    await expect.poll(failed).toBe(true);
    expect(emulator.deliveries("process-booking")[1]?.lastFailure).toMatch(/ECONNREFUSED|hang up|ECONNRESET/);
  });

  it("gives up a push at the ack deadline and backs off exponentially from the retry policy", async () => {
    for (const dispose of disposals.splice(0)) await dispose();
    const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
    await start({ clock, random: () => 0.5 });
    const target = await endpoint(() => {});
    await createPush(target.url, { retryPolicy, ackDeadlineSeconds: 60 });
    await publish("x");
    for (const [index, backoffSeconds] of [10, 20, 40].entries()) {
      await target.received(index + 1);
      clock.advance(60_000);
      const waiting = emulator.deliveries("process-booking")[0];
      expect(waiting).toMatchObject({
        state: "undelivered",
        attempts: index + 1,
        lastFailure: "ack deadline exceeded",
      });
      clock.advance(backoffSeconds * 1_000 - 1);
      expect(emulator.deliveries("process-booking")[0]?.state).toBe("undelivered");
      clock.advance(1);
    }
    await target.received(4);
  });

  it("sends a message to the dead letter topic after the last attempt", async () => {
    const target = await endpoint(refuseAll);
    await createPush(target.url, { retryPolicy, deadLetterPolicy: deadLetterPolicy(5) });
    await client.createSubscription("booking-events-dead-letter", "inspect");
    await publish("poison", { event: "booking" });
    await emulator.waitUntilIdle();
    expect(target.pushes.map((push) => push.body.deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
    expect(emulator.deliveries("process-booking")).toMatchObject([{ state: "dead-lettered", attempts: 5 }]);
    const [dead] = emulator.deliveries("inspect");
    expect(dead?.data).toBe(btoa("poison"));
    expect(dead?.attributes).toMatchObject({
      event: "booking",
      CloudPubSubDeadLetterSourceDeliveryCount: "5",
      CloudPubSubDeadLetterSourceSubscription: "process-booking",
      CloudPubSubDeadLetterSourceSubscriptionProject: projectId,
    });
    expect(emulator.topicMessages("booking-events-dead-letter")).toHaveLength(1);
  });

  it("bounds the pushes in flight and widens the window with success", async () => {
    const open: ServerResponse[] = [];
    const target = await endpoint((_push, response) => void open.push(response));
    await createPush(target.url, { ackDeadlineSeconds: 600 });
    await Promise.all(Array.from({ length: 40 }, (_, index) => publish(`${index}`)));
    await target.received(10);
    expect(target.pushes).toHaveLength(10);
    open.shift()?.end();
    await target.received(12);
    expect(emulator.counts()[0]?.counts).toEqual(
      expect.objectContaining({ outstanding: 11, acked: 1, undelivered: 28 }),
    );
  });

  it("delivers every copy in an order drawn from the seed", async () => {
    const order = async (seed: number): Promise<string[]> => {
      emulator.reset();
      emulator.deliver("process-booking", { copies: 2, shuffleWindowMs: 20_000, seed });
      target.pushes.length = 0;
      for (let index = 0; index < 6; index += 1) await publish(`${index}`);
      await emulator.waitUntilIdle();
      return target.pushes.map((push) => atob(push.body.message.data ?? ""));
    };
    const target = await endpoint(ackAll);
    await createPush(target.url);
    const first = await order(7);
    expect(first.toSorted()).toEqual(["0", "0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "5"]);
    expect(first).not.toEqual(first.toSorted());
  });

  it("redelivers what was acknowledged when the ack is lost", async () => {
    const target = await endpoint(ackAll);
    await createPush(target.url, { retryPolicy });
    emulator.dropAcks("process-booking", 1);
    await publish("x");
    await emulator.waitUntilIdle();
    expect(target.pushes).toHaveLength(2);
  });

  it("holds messages while paused", async () => {
    const target = await endpoint(ackAll);
    await createPush(target.url);
    emulator.pause("process-booking");
    await publish("x");
    await expect(emulator.waitUntilIdle({ timeoutMs: 20 })).rejects.toThrow();
    expect(target.pushes).toHaveLength(0);
    emulator.resume("process-booking");
    await emulator.waitUntilIdle();
    expect(target.pushes).toHaveLength(1);
  });

  it("takes a batch of 500 in one call, far below a second", async () => {
    await client.createSubscription("booking-events", "later");
    const topic = client.topic("booking-events", { batching: { maxMessages: 500, maxMilliseconds: 1_000 } });
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 500 }, (_, index) => topic.publishMessage({ data: Buffer.from(`${index}`) })),
    );
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(emulator.counts()[0]?.counts.undelivered).toBe(500);
  });

  it("streams to a pull subscriber, which acks, nacks and extends", async () => {
    const [subscription] = await client.createSubscription("booking-events", "pulled");
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    subscription.on("message", (message: Message) => {
      seen.push(message.data.toString());
      if (seen.length === 1) return message.nack();
      message.ack();
      if (seen.length === 3) resolve();
    });
    disposals.unshift(() => subscription.close());
    await publish("a");
    await publish("b");
    await promise;
    await emulator.waitUntilIdle({ subscriptions: ["pulled"] });
    expect(seen.toSorted()).toEqual(["a", "a", "b"]);
  });

  it("lets anyone pull from a push subscription when it stands for an emulator that cannot push", async () => {
    const target = await endpoint(ackAll);
    await createPush(target.url);
    const subscriber = await subscriberClient();
    const name = `projects/${projectId}/subscriptions/process-booking`;
    await expect(subscriber.pull({ subscription: name, maxMessages: 1 })).rejects.toMatchObject({ code: 9 });

    for (const dispose of disposals.splice(0)) await dispose();
    await start({ push: false });
    await createPush(target.url);
    await publish("x");
    const [response] = await (await subscriberClient()).pull({ subscription: name, maxMessages: 10 });
    expect(response.receivedMessages?.map((item) => item.message?.data?.toString())).toEqual(["x"]);
    expect(target.pushes).toHaveLength(0);
  });

  async function subscriberClient() {
    const { v1 } = await import("@google-cloud/pubsub");
    const { credentials } = await import("@grpc/grpc-js");
    const [servicePath, port] = emulator.host.split(":");
    const sslCreds = credentials.createInsecure() as never;
    const subscriber = new v1.SubscriberClient({
      servicePath: servicePath ?? "",
      port: Number(port),
      sslCreds,
      projectId,
    });
    disposals.unshift(() => subscriber.close());
    return subscriber;
  }

  it.each([
    ["an empty message", { data: Buffer.alloc(0) }, /empty/],
    ["a key of 257 bytes", { attributes: { ["k".repeat(257)]: "v" } }, /attribute_key_length/],
    ["a value of 1,025 bytes", { attributes: { k: "v".repeat(1_025) } }, /attribute_value_length/],
    [
      "101 attributes",
      { attributes: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, "v"])) },
      /count/,
    ],
    ["10 MB and a byte", { data: Buffer.alloc(10_000_001) }, /request_size/],
  ])("refuses %s", async (_what, message, expected) => {
    const publishing = client.topic("booking-events").publishMessage(message);
    await expect(publishing).rejects.toMatchObject({ code: 3, message: expect.stringMatching(expected) });
  });

  it.each([
    ["an ack deadline of 9 s", { ackDeadlineSeconds: 9 }, 3],
    ["an ack deadline of 601 s", { ackDeadlineSeconds: 601 }, 3],
    ["4 delivery attempts", { deadLetterPolicy: deadLetterPolicy(4) }, 3],
    ["101 delivery attempts", { deadLetterPolicy: deadLetterPolicy(101) }, 3],
    ["a back-off of 601 s", { retryPolicy: { maximumBackoff: { seconds: 601 } } }, 3],
    ["a filter", { filter: 'attributes.a = "b"' }, 12],
  ])("refuses a subscription with %s", async (_what, options, code) => {
    await expect(client.createSubscription("booking-events", "bad", options)).rejects.toMatchObject({ code });
  });

  it("keeps the resources that clients create, change and delete", async () => {
    await expect(client.createTopic("booking-events")).rejects.toMatchObject({ code: 6 });
    await expect(client.createTopic("googleish")).rejects.toMatchObject({ code: 3 });
    await expect(client.topic("nobody").publishMessage({ data: Buffer.from("x") })).rejects.toMatchObject({ code: 5 });
    const [subscription] = await client.createSubscription("booking-events", "kept", { ackDeadlineSeconds: 30 });
    await subscription.setMetadata({ ackDeadlineSeconds: 60, retryPolicy });
    const [metadata] = await subscription.getMetadata();
    expect(metadata).toMatchObject({ ackDeadlineSeconds: 60, retryPolicy: { minimumBackoff: { seconds: "10" } } });
    await expect(subscription.setMetadata({ filter: "x" })).rejects.toMatchObject({ code: 3 });
    const [topics] = await client.getTopics();
    expect(topics.map((topic) => topic.name.split("/").at(-1))).toEqual([
      "booking-events",
      "booking-events-dead-letter",
    ]);
    await client.topic("booking-events").delete();
    const [orphan] = await subscription.getMetadata();
    expect(orphan.topic).toBe("_deleted-topic_");
    await subscription.delete();
    await expect(subscription.getMetadata()).rejects.toMatchObject({ code: 5 });
  });

  it("loses the answer of a publish when asked to, and the client publishes again", async () => {
    await client.createSubscription("booking-events", "twice");
    const control = (path: string, body: object): Promise<Response> =>
      fetch(`${emulator.url}${path}`, { method: "POST", body: JSON.stringify(body) });
    await control("/emulator/faults", { operation: "Publish", kind: "drop_reply" });
    await publish("x");
    const listed = await fetch(`${emulator.url}/emulator/messages?subscription=twice`);
    const { messages } = (await listed.json()) as { messages: { messageId: string; data: string }[] };
    expect(messages.map((message) => message.data)).toEqual([btoa("x"), btoa("x")]);
    expect(new Set(messages.map((message) => message.messageId)).size).toBe(2);
    expect((await control("/emulator/pause", { subscription: "nobody" })).status).toBe(404);
    expect((await fetch(`${emulator.url}/emulator/idle?subscription=twice&timeoutMs=5`)).status).toBe(504);
  });
});
