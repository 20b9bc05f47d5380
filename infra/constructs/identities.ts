import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import { Construct } from "constructs";
import type { DeployedFunction } from "../topology/functions.ts";
import { schedules } from "../topology/schedules.ts";
import { subscriptions } from "../topology/subscriptions.ts";
import { accountName, type Platform, serviceAgent } from "./platform.ts";

/** Accounts that only sign calls: one for Pub/Sub's pushes, one for the scheduler's requests. */
export class Identities extends Construct {
  readonly push: ServiceAccount;
  readonly scheduler: ServiceAccount;

  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    this.push = new ServiceAccount(this, "pubsub-push", {
      accountId: "pubsub-push",
      displayName: "Signs Pub/Sub pushes",
    });
    this.scheduler = new ServiceAccount(this, "scheduler", {
      accountId: "scheduler",
      displayName: "Signs scheduled calls",
    });
    // Pub/Sub may sign as it pleases in projects made since April 2021; in older ones it must be let.
    new ServiceAccountIamMember(this, "pubsub-signs", {
      serviceAccountId: accountName(platform, this.push),
      role: "roles/iam.serviceAccountOpenIdTokenCreator",
      member: serviceAgent(platform, "pubsub"),
    });
  }

  /** Who calls a function with a signed token. */
  callersOf({ name }: DeployedFunction): readonly ServiceAccount[] {
    const pushed = subscriptions.some(({ pushTo }) => pushTo === name);
    const scheduled = schedules.some(({ target }) => target === name);
    return [...(pushed ? [this.push] : []), ...(scheduled ? [this.scheduler] : [])];
  }
}
