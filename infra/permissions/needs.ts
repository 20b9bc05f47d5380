import { asText, at, type Resource, type StackUnderReview } from "../policies/policy.ts";
import { buckets } from "../topology/buckets.ts";
import { type DeployedFunction, functions } from "../topology/functions.ts";
import { serviceAgents } from "../topology/service-agents.ts";
import { type Topic, topics } from "../topology/topics.ts";
import type { AdapterCall } from "./adapter-calls.ts";
import { clientCallOf, type Touches } from "./client-calls.ts";
import { agentTitle, EVERYONE, namesIn } from "./synthesized-names.ts";

/** One permission that an account must hold, and what calls for it. */
export interface Need {
  readonly account: string;
  readonly permission: string;
  readonly on: string;
  /** The call: of an adapter, or of a service of Google's that the stacks set to work. */
  readonly by: string;
}

/** What a function's own code calls. Throws for a method of a client that the table of calls does not know. */
export function needsOfCode(fn: DeployedFunction, calls: readonly AdapterCall[]): readonly Need[] {
  return calls.flatMap(({ file, use, client }) => {
    const known = clientCallOf(use, client);
    if (known === undefined) {
      throw new Error(`${file}: ${client} is not in infra/permissions/client-calls.ts: which permission does it need?`);
    }
    const by = `${use}: ${client} (${file})`;
    return (known?.permissions ?? []).flatMap((permission) =>
      touched(fn, known?.on ?? "project").map((on) => ({ account: fn.name, permission, on, by })),
    );
  });
}

function touched(fn: DeployedFunction, on: Touches): readonly string[] {
  const relayed = topics.filter(({ publishers }: Topic) => publishers.includes("relay"));
  const of: Readonly<Record<Touches, readonly string[]>> = {
    project: ["the project"],
    recordings: buckets.map(({ name }) => `bucket ${name}`),
    "relayed topics": relayed.map(({ name }) => `topic ${name}`),
    "secrets read while running": (fn.readsSecrets ?? []).map((secret) => `secret ${secret}`),
  };
  return of[on];
}

/** What services of Google's call, as the stack sets them up: pushes, schedules, notifications, builds, encryption. */
export function needsOfStack(stack: StackUnderReview): readonly Need[] {
  return stack.resources.flatMap((resource) => NEEDS[resource.type]?.(resource, stack) ?? []).concat(keyNeeds(stack));
}

type NeedsOf = (resource: Resource, stack: StackUnderReview) => readonly Need[];

const INVOKE = "run.routes.invoke";
const PUBLISH = "pubsub.topics.publish";
const pubsub = agentTitle("pubsub");

const NEEDS: Readonly<Record<string, NeedsOf>> = {
  google_pubsub_subscription: (resource, stack) => [...pushNeeds(resource, stack), ...deadLetterNeeds(resource, stack)],
  google_cloud_scheduler_job: ({ attributes }, stack) => {
    const names = namesIn(stack);
    const account = names.account(at(attributes, "http_target", "oidc_token", "service_account_email"));
    const on = `function ${functionAt(at(attributes, "http_target", "uri"))}`;
    return [{ account, permission: INVOKE, on, by: `Cloud Scheduler calls it: ${asText(attributes["name"])}` }];
  },
  google_storage_notification: ({ attributes }, stack) => {
    const names = namesIn(stack);
    const by = `Cloud Storage tells of new objects in ${names.of(attributes["bucket"])}`;
    return [{ account: agentTitle("storage"), permission: PUBLISH, on: `topic ${names.of(attributes["topic"])}`, by }];
  },
  google_cloudfunctions2_function: (resource, stack) => [
    ...secretNeeds(resource, stack),
    ...buildNeeds(resource, stack),
    ...publicNeeds(resource),
  ],
  google_pubsub_topic: ({ attributes }) => {
    const topic: Topic | undefined = topics.find(({ name }) => name === attributes["name"]);
    if (topic === undefined || !topic.publishers.includes("meet")) return [];
    const by = "MeetingEventSubscriptions.ensure: Resource$Subscriptions.create (shared/google/workspace-events.ts)";
    return [{ account: "Google Meet", permission: PUBLISH, on: `topic ${topic.name}`, by }];
  },
};

function pushNeeds({ attributes }: Resource, stack: StackUnderReview): readonly Need[] {
  if (attributes["push_config"] === undefined) return [];
  const account = namesIn(stack).account(at(attributes, "push_config", "oidc_token", "service_account_email"));
  const target = `function ${functionAt(at(attributes, "push_config", "push_endpoint"))}`;
  const name = asText(attributes["name"]);
  return [
    { account, permission: INVOKE, on: target, by: `Pub/Sub pushes to it: ${name}` },
    {
      account: pubsub,
      permission: "iam.serviceAccounts.getOpenIdToken",
      on: `account ${account}`,
      by: `Pub/Sub signs its pushes: ${name}`,
    },
  ];
}

function deadLetterNeeds({ attributes }: Resource, stack: StackUnderReview): readonly Need[] {
  const deadLetters = at(attributes, "dead_letter_policy", "dead_letter_topic");
  if (deadLetters === undefined) return [];
  const name = asText(attributes["name"]);
  const by = `Pub/Sub gives a message of ${name} up`;
  return [
    { account: pubsub, permission: PUBLISH, on: `topic ${namesIn(stack).of(deadLetters)}`, by },
    { account: pubsub, permission: "pubsub.subscriptions.consume", on: `subscription ${name}`, by },
  ];
}

/** Cloud Run reads bound secrets as the function's account when an instance starts. */
function secretNeeds({ attributes }: Resource, stack: StackUnderReview): readonly Need[] {
  const account = namesIn(stack).account(at(attributes, "service_config", "service_account_email"));
  const bound = at(attributes, "service_config", "secret_environment_variables");
  return ((bound ?? []) as { key: string; secret: string }[]).map(({ key, secret }) => ({
    account,
    permission: "secretmanager.versions.access",
    on: `secret ${secret}`,
    by: `Cloud Run sets ${key} when an instance starts`,
  }));
}

function buildNeeds({ attributes }: Resource, stack: StackUnderReview): readonly Need[] {
  const names = namesIn(stack);
  const account = names.account(
    asText(at(attributes, "build_config", "service_account"))
      .split("/")
      .at(-1),
  );
  const repository = `repository ${names.of(at(attributes, "build_config", "docker_repository"))}`;
  const steps: readonly (readonly [permission: string, on: string, step: string])[] = [
    ["storage.objects.get", "sources of functions only", "reads the sources"],
    ["logging.logEntries.create", "the project", "writes its log"],
    ["artifactregistry.repositories.downloadArtifacts", repository, "reads the layers of the last build"],
    ["artifactregistry.repositories.uploadArtifacts", repository, "pushes the image"],
    ["artifactregistry.tags.create", repository, "tags the image"],
    ["artifactregistry.tags.update", repository, "moves the tag of the newest image"],
  ];
  return steps.map(([permission, on, step]) => ({ account, permission, on, by: `Cloud Build ${step}` }));
}

function publicNeeds({ attributes }: Resource): readonly Need[] {
  const fn: DeployedFunction | undefined = functions.find(({ name }) => name === attributes["name"]);
  if (fn === undefined || fn.trigger.kind !== "public") return [];
  const by = `anyone may call; the function itself checks: ${fn.trigger.check.replaceAll("_", " ")}`;
  return [{ account: EVERYONE, permission: INVOKE, on: `function ${fn.name}`, by }];
}

/** Google's agents encrypt what names the environment's key. */
function keyNeeds({ resources }: StackUnderReview): readonly Need[] {
  const keyed = resources.filter(({ attributes }) => /"(default_)?kms_key_name":/.test(JSON.stringify(attributes)));
  const types = new Set(keyed.map(({ type }) => type));
  return serviceAgents
    .filter(({ encrypts }) => types.has(encrypts))
    .flatMap(({ name, encrypts }) =>
      ["useToDecrypt", "useToEncrypt"].map((use) => ({
        account: agentTitle(name),
        permission: `cloudkms.cryptoKeyVersions.${use}`,
        on: "the environment's key",
        by: `keeps each ${encrypts} encrypted`,
      })),
    );
}

/** The function behind an address of Cloud Run's: `https://NAME-<project number>.…`. */
function functionAt(address: unknown): string {
  return /^https:\/\/([a-z][a-z0-9-]*)-\$\{/.exec(asText(address))?.[1] ?? asText(address);
}
