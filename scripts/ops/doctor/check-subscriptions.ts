import type { pubsub_v1 } from "googleapis/build/src/apis/pubsub/index.js";
import { type PushSubscription, subscriptions } from "#topology/subscriptions.ts";
import { topics } from "#topology/topics.ts";
import { shell } from "./commands.ts";
import { type Check, fail, pass, type Verdict } from "./finding.ts";
import {
  emailOf,
  type GoogleContext,
  googleCheck,
  PUSH_ACCOUNT,
  projectFlag,
  pubsubAgent,
  topicPath,
} from "./google-context.ts";
import { judgeGrants } from "./policy.ts";
import { deployCommand } from "./target.ts";

/** Push subscriptions as the topology describes them, and Pub/Sub's right to take dead letters out of them. */
export function subscriptionChecks(context: GoogleContext): Check[] {
  return subscriptions.flatMap((subscription) => [
    googleCheck(`subscription ${subscription.name}`, () => judgeSubscription(subscription, context)),
    googleCheck(`dead lettering of ${subscription.name}`, () => judgeAcknowledging(subscription.name, context)),
  ]);
}

interface Wanted {
  readonly topic: string;
  readonly deadLetterTopic: string;
  /** Addresses of the function, the one to use first. */
  readonly endpoints: readonly string[];
  readonly email: string;
  /** What the function demands. */
  readonly audience: string;
}

async function judgeSubscription(declared: PushSubscription, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const [present, service, deployed] = await Promise.all([
    facts.subscription(declared.name),
    facts.service(declared.pushTo),
    facts.deployed(declared.pushTo),
  ]);
  if (present === null) return fail("does not exist", "Deploy.", deployCommand(target));
  if (service === null || deployed === null) {
    return fail(`${declared.pushTo}, where it pushes to, is not deployed`, "Deploy.", deployCommand(target));
  }
  const { deadLetterTopic = "" } = topics.find(({ name }) => name === declared.topic) ?? {};
  const endpoints = service.urls ?? [];
  const wanted: Wanted = {
    topic: topicPath(target, declared.topic),
    deadLetterTopic: topicPath(target, deadLetterTopic),
    endpoints,
    email: emailOf(target, PUSH_ACCOUNT),
    audience: deployed.serviceConfig?.environmentVariables?.["OIDC_AUDIENCE"] ?? endpoints[0] ?? "",
  };
  if (present.topic !== wanted.topic) {
    // A subscription's topic cannot be changed.
    const command = shell("gcloud", "pubsub", "subscriptions", "delete", declared.name, projectFlag(target));
    return fail(`belongs to ${present.topic}`, "Delete it, then deploy.", `${command} && ${deployCommand(target)}`);
  }
  const problems = deviations(present, declared, wanted);
  if (problems.length === 0) return pass(`pushes ${declared.topic} to ${declared.pushTo}`);
  return fail(problems.join("; "), "Set it.", updateCommand(declared, wanted, context));
}

function deviations(
  {
    state,
    pushConfig,
    deadLetterPolicy,
    expirationPolicy,
    ackDeadlineSeconds,
    retryPolicy,
  }: pubsub_v1.Schema$Subscription,
  declared: PushSubscription,
  wanted: Wanted,
): string[] {
  const { serviceAccountEmail, audience } = pushConfig?.oidcToken ?? {};
  const checks: readonly (readonly [ok: boolean, problem: string])[] = [
    [state === "ACTIVE" || !state, `is ${state}`],
    [isAddress(pushConfig?.pushEndpoint, wanted.endpoints), `does not push to ${declared.pushTo}`],
    [serviceAccountEmail === wanted.email, `pushes are not signed by ${wanted.email}`],
    [audience === wanted.audience, "the audience of its token is not what the function demands"],
    [deadLetterPolicy?.deadLetterTopic === wanted.deadLetterTopic, "has another dead letter topic, or none"],
    [
      deadLetterPolicy?.maxDeliveryAttempts === declared.maxDeliveryAttempts,
      `does not try ${declared.maxDeliveryAttempts} times`,
    ],
    [
      !expirationPolicy?.ttl && !!expirationPolicy,
      `is deleted after ${expirationPolicy?.ttl ?? "31 days"} without use`,
    ],
    [ackDeadlineSeconds === declared.ackDeadlineSeconds, `its ack deadline is ${ackDeadlineSeconds} s`],
    [seconds(retryPolicy?.minimumBackoff) === declared.minBackoffSeconds, "backs off for another least time"],
    [seconds(retryPolicy?.maximumBackoff) === declared.maxBackoffSeconds, "backs off for another longest time"],
  ];
  return checks.flatMap(([ok, problem]) => (ok ? [] : [problem]));
}

const isAddress = (endpoint: string | null | undefined, addresses: readonly string[]): boolean =>
  addresses.some((address) => address.replace(/\/$/, "") === endpoint?.replace(/\/$/, ""));

const seconds = (duration: string | null | undefined): number => Number(duration?.replace(/s$/, ""));

function updateCommand(declared: PushSubscription, wanted: Wanted, { target }: GoogleContext): string {
  return shell(
    ...["gcloud", "pubsub", "subscriptions", "update", declared.name, projectFlag(target)],
    `--push-endpoint=${wanted.endpoints.find((address) => address.includes("-")) ?? wanted.endpoints[0] ?? ""}`,
    `--push-auth-service-account=${wanted.email}`,
    `--push-auth-token-audience=${wanted.audience}`,
    `--dead-letter-topic=${wanted.deadLetterTopic}`,
    `--max-delivery-attempts=${declared.maxDeliveryAttempts}`,
    "--expiration-period=never",
    `--ack-deadline=${declared.ackDeadlineSeconds}`,
    `--min-retry-delay=${declared.minBackoffSeconds}s`,
    `--max-retry-delay=${declared.maxBackoffSeconds}s`,
  );
}

async function judgeAcknowledging(name: string, context: GoogleContext): Promise<Verdict> {
  const { target, facts } = context;
  const policy = await facts.subscriptionPolicy(name);
  if (policy === null) return fail("the subscription does not exist", "Deploy.", deployCommand(target));
  const wanted = [{ role: "roles/pubsub.subscriber", member: await pubsubAgent(context) }];
  return judgeGrants([policy, await facts.projectPolicy()], wanted, {
    on: { group: ["pubsub", "subscriptions"], resource: name, flags: [projectFlag(target)] },
    why: "Pub/Sub acknowledges here what it takes to the dead letters.",
  });
}
