import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import { GcsBackend, TerraformOutput, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { Bundles } from "../bundles/bundles.ts";
import { AccessRoles } from "../constructs/access-roles.ts";
import { DeployedFunction } from "../constructs/deployed-function.ts";
import { DurableTopic } from "../constructs/durable-topic.ts";
import { FunctionBuild } from "../constructs/function-build.ts";
import { redirectUri } from "../constructs/function-environment.ts";
import { bucketName, type Platform, serviceAgent } from "../constructs/platform.ts";
import { TopologySubscription } from "../constructs/push-subscription.ts";
import { ScheduledCall } from "../constructs/scheduled-call.ts";
import { TopologyBucket } from "../constructs/topology-bucket.ts";
import type { Environment } from "../environments.ts";
import { buckets } from "../topology/buckets.ts";
import { type DeployedFunction as FunctionTopology, functions } from "../topology/functions.ts";
import { schedules } from "../topology/schedules.ts";
import { subscriptions } from "../topology/subscriptions.ts";
import { type Topic, topics } from "../topology/topics.ts";
import { makePlatform, STATE_BUCKET } from "./make-platform.ts";

/** Everything that the topology describes, in one environment. */
export class PipelineStack extends TerraformStack {
  readonly #platform: Platform;
  readonly #bundles: Bundles;
  readonly #topics = new Map<string, DurableTopic>();
  readonly #functions = new Map<string, DeployedFunction>();

  constructor(scope: Construct, environment: Environment, bundles: Bundles) {
    super(scope, environment.name);
    this.#bundles = bundles;
    this.#platform = makePlatform(this, environment);
    new GcsBackend(this, { bucket: bucketName(this.#platform, STATE_BUCKET), prefix: "pipeline" });
    const identities = this.#makeIdentities();
    this.#makeTopics();
    this.#makeBuckets();
    this.#makeFunctions(identities);
    this.#connect(identities);
    // To be registered for the OAuth client.
    new TerraformOutput(this, "google_redirect_uri", { value: redirectUri(this.#platform) });
    new TerraformOutput(this, "relay_ping_url", { value: found(this.#functions, "relay-outbox").url });
  }

  /** Accounts that only sign calls. Pub/Sub signs as its account because it is let, in old projects too. */
  #makeIdentities(): Identities {
    const scope = new Construct(this, "identities");
    const push = new ServiceAccount(scope, "pubsub-push", {
      accountId: "pubsub-push",
      displayName: "Signs Pub/Sub pushes",
    });
    const scheduler = new ServiceAccount(scope, "scheduler", {
      accountId: "scheduler",
      displayName: "Signs scheduled calls",
    });
    new ServiceAccountIamMember(scope, "pubsub-signs", {
      serviceAccountId: push.name,
      role: "roles/iam.serviceAccountOpenIdTokenCreator",
      member: serviceAgent(this.#platform, "gcp-sa-pubsub"),
    });
    return { push, scheduler };
  }

  #makeTopics(): void {
    const scope = new Construct(this, "topics");
    for (const topic of topics) {
      this.#topics.set(topic.name, new DurableTopic(scope, topic.name, { platform: this.#platform, topic }));
    }
  }

  #makeBuckets(): void {
    const scope = new Construct(this, "buckets");
    for (const bucket of buckets) {
      const topic = found(this.#topics, bucket.notifies.topic);
      new TopologyBucket(scope, bucket.name, { platform: this.#platform, bucket, topic });
    }
  }

  #makeFunctions(identities: Identities): void {
    const scope = new Construct(this, "functions");
    const build = new FunctionBuild(this, "function-build", this.#platform);
    const roles = new AccessRoles(this, "access", this.#platform);
    for (const fn of functions) {
      const made = new DeployedFunction(scope, fn.name, {
        platform: this.#platform,
        fn,
        build,
        bundle: found(this.#bundles, fn.name),
        callers: callersOf(fn, identities),
      });
      this.#functions.set(fn.name, made);
      this.#grant(fn, made, roles);
    }
  }

  #grant(fn: FunctionTopology, made: DeployedFunction, roles: AccessRoles): void {
    const { member } = made.account;
    const bucket = bucketName(this.#platform, "recordings");
    for (const name of fn.access ?? []) roles.grant(made, { name, member, bucket });
    if (!fn.apis.includes("pubsub")) return;
    const published = topics.filter(({ publishers }: Topic) => publishers.includes("relay"));
    for (const { name } of published) found(this.#topics, name).letPublish(`${fn.name}-publishes`, member);
  }

  #connect({ push, scheduler }: Identities): void {
    const platform = this.#platform;
    const pushes = new Construct(this, "subscriptions");
    for (const subscription of subscriptions) {
      new TopologySubscription(pushes, subscription.name, {
        platform,
        subscription,
        topic: found(this.#topics, subscription.topic),
        target: found(this.#functions, subscription.pushTo),
        pushIdentity: push.email,
      });
    }
    const calls = new Construct(this, "schedules");
    for (const schedule of schedules) {
      const target = found(this.#functions, schedule.target);
      new ScheduledCall(calls, schedule.name, { platform, schedule, target, schedulerIdentity: scheduler.email });
    }
  }
}

interface Identities {
  readonly push: ServiceAccount;
  readonly scheduler: ServiceAccount;
}

/** Who calls a function with a signed token. */
function callersOf(fn: FunctionTopology, { push, scheduler }: Identities): ServiceAccount[] {
  const pushed = subscriptions.some(({ pushTo }) => pushTo === fn.name);
  const scheduled = schedules.some(({ target }) => target === fn.name);
  return [...(pushed ? [push] : []), ...(scheduled ? [scheduler] : [])];
}

function found<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the topology names ${name}, which is not in it`);
  return value;
}
