import { setTimeout as delay } from "node:timers/promises";
import { schedules } from "../../../infra/topology/schedules.ts";
import { subscriptions } from "../../../infra/topology/subscriptions.ts";
import { BookingPlatform, type PlatformConsultant } from "../../local/booking-platform.ts";
import { audienceOf, pushIdentity, schedulerIdentity, subscriptionPath } from "../../local/local-project.ts";
import type { LocalServices } from "../../local/start-stack.ts";

/** A message as it stands on its topic. */
export type TopicMessage = ReturnType<NonNullable<LocalServices["google"]["pubsub"]>["topicMessages"]>[number];

/** The database and Google's emulators with one connected consultant, and no function running. */
export interface Workplace {
  readonly services: LocalServices;
  readonly platform: BookingPlatform;
  readonly consultant: PlatformConsultant;
  readonly serviceId: string;
}

/** A request that a fresh function is to answer; throws unless it does. */
export type Ask = (url: string) => Promise<void>;

/** A consultant connects, through the google-auth that runs where Google knows it. */
export async function openWorkplace(services: LocalServices): Promise<Workplace> {
  const platform = new BookingPlatform(services);
  try {
    const consultant = await platform.createConsultant("Dr. Clara Cold");
    await platform.connectGoogle(consultant);
    return { services, platform, consultant, serviceId: await platform.createService("Consulting call") };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

const WAIT_MS = 20_000;
const POLL_MS = 5;

/** Pub/Sub's push of a message to the function behind a subscription. */
export async function pushOf({ services }: Workplace, subscription: string, message: TopicMessage): Promise<Ask> {
  const { data, attributes, messageId, publishedAt: publishTime } = message;
  const target = subscriptions.find(({ name }) => name === subscription)?.pushTo ?? "";
  const token = await services.google.mintIdToken({ email: pushIdentity, audience: audienceOf(target) });
  const body = { message: { data, attributes, messageId, publishTime }, subscription: subscriptionPath(subscription) };
  return post("/", token, body);
}

/** Cloud Scheduler's call of a function. */
export async function scheduledCallOf({ services }: Workplace, target: string): Promise<Ask> {
  const token = await services.google.mintIdToken({ email: schedulerIdentity, audience: audienceOf(target) });
  return post(schedules.find((schedule) => schedule.target === target)?.path ?? "/", token, {});
}

const post = (path: string, token: string, body: object): Ask => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return async (url) => {
    const answer = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body) });
    await answer.arrayBuffer();
    // 503 is what a function says when the work must be tried again.
    if (answer.status !== 204) throw new Error(`it answered ${answer.status}`);
  };
};

/** The message of a topic that the test accepts; throws when none comes. */
export function awaitMessage(
  { services }: Workplace,
  topic: string,
  test: (message: TopicMessage) => boolean,
): Promise<TopicMessage> {
  return eventually(`a message on ${topic}`, async () => services.google.pubsub?.topicMessages(topic).findLast(test));
}

/** Asks again until there is an answer; throws, naming what was awaited, when the time is up. */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | null | undefined | false>,
): Promise<Value> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const value = await look();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${WAIT_MS / 1000} s`);
    await delay(POLL_MS);
  }
}
