import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { PubSubControl } from "./pubsub-control.ts";

const control = { query: [], anonymous: true } as const;
const deliver = z.strictObject({
  subscription: z.string(),
  copies: z.int().min(1).default(1),
  shuffleWindowMs: z.number().min(0).default(0),
  seed: z.int().default(1),
});
const dropAcks = z.strictObject({ subscription: z.string(), times: z.int().positive().default(1) });
const named = z.strictObject({ subscription: z.string() });

/** `PubSubControl` over HTTP, for tests in other processes; listed in the README. */
export const controlOperations: readonly Operation<PubSubControl>[] = [
  {
    ...control,
    name: "control.messages",
    method: "GET",
    path: "/emulator/messages",
    query: ["topic", "subscription"],
    run({ query }, pubsub) {
      const topic = query.get("topic");
      const subscription = query.get("subscription");
      if (topic !== null) return ok({ messages: pubsub.topicMessages(topic) });
      if (subscription !== null) return ok({ messages: pubsub.deliveries(subscription) });
      throw new GoogleError(400, "required", "Name a topic or a subscription.");
    },
  },
  {
    ...control,
    name: "control.subscriptions",
    method: "GET",
    path: "/emulator/subscriptions",
    run: (_call, pubsub) => ok({ subscriptions: pubsub.counts() }),
  },
  {
    ...control,
    name: "control.deliver",
    method: "POST",
    path: "/emulator/deliver",
    ...withBody<PubSubControl, typeof deliver>(deliver, ({ subscription, ...options }, _call, pubsub) => {
      pubsub.deliver(subscription, options);
      return ok({});
    }),
  },
  {
    ...control,
    name: "control.dropAcks",
    method: "POST",
    path: "/emulator/drop-acks",
    ...withBody<PubSubControl, typeof dropAcks>(dropAcks, ({ subscription, times }, _call, pubsub) => {
      pubsub.dropAcks(subscription, times);
      return ok({});
    }),
  },
  {
    ...control,
    name: "control.pause",
    method: "POST",
    path: "/emulator/pause",
    ...withBody<PubSubControl, typeof named>(named, ({ subscription }, _call, pubsub) => {
      pubsub.pause(subscription);
      return ok({});
    }),
  },
  {
    ...control,
    name: "control.resume",
    method: "POST",
    path: "/emulator/resume",
    ...withBody<PubSubControl, typeof named>(named, ({ subscription }, _call, pubsub) => {
      pubsub.resume(subscription);
      return ok({});
    }),
  },
  {
    ...control,
    name: "control.idle",
    method: "GET",
    path: "/emulator/idle",
    query: ["subscription", "timeoutMs"],
    async run({ query }, pubsub) {
      const subscriptions = query.getAll("subscription");
      const timeoutMs = Number(query.get("timeoutMs") ?? 30_000);
      try {
        await pubsub.waitUntilIdle({ timeoutMs, ...(subscriptions.length === 0 ? {} : { subscriptions }) });
      } catch {
        throw new GoogleError(504, "timeout", `Not idle after ${timeoutMs} ms: ${JSON.stringify(pubsub.counts())}`);
      }
      return ok({});
    },
  },
];
