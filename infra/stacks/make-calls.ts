import { Construct } from "constructs";
import type { DeployedFunction } from "../constructs/deployed-function.ts";
import type { DurableTopic } from "../constructs/durable-topic.ts";
import type { Identities } from "../constructs/identities.ts";
import type { Platform } from "../constructs/platform.ts";
import { TopologySubscription } from "../constructs/push-subscription.ts";
import { ScheduledCall } from "../constructs/scheduled-call.ts";
import { schedules } from "../topology/schedules.ts";
import { subscriptions } from "../topology/subscriptions.ts";
import { type Named, named } from "./named.ts";

export interface CallsConfig {
  readonly platform: Platform;
  readonly identities: Identities;
  readonly topics: Named<DurableTopic>;
  readonly functions: Named<DeployedFunction>;
}

/** What calls the functions: push subscriptions and schedules. */
export function makeCalls(stack: Construct, { platform, identities, topics, functions }: CallsConfig): void {
  const pushes = new Construct(stack, "subscriptions");
  for (const subscription of subscriptions) {
    const topic = named(topics, subscription.topic);
    const target = named(functions, subscription.pushTo);
    const pushIdentity = identities.push.email;
    new TopologySubscription(pushes, subscription.name, { platform, subscription, topic, target, pushIdentity });
  }
  const calls = new Construct(stack, "schedules");
  const schedulerIdentity = identities.scheduler.email;
  for (const schedule of schedules) {
    const target = named(functions, schedule.target);
    new ScheduledCall(calls, schedule.name, { platform, schedule, target, schedulerIdentity });
  }
}
