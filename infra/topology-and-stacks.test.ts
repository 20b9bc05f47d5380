import { describe, expect, it } from "vitest";
import { underReview } from "./policies/policy.ts";
import { apiServices } from "./stacks/api-services.ts";
import type { SynthesizedStack } from "./synthesize.ts";
import { synthesizeOne, testEnvironment } from "./testing/synthesized.ts";
import { buckets } from "./topology/buckets.ts";
import { type DeployedFunction, functions, secretNames } from "./topology/functions.ts";
import { schedules } from "./topology/schedules.ts";
import { serviceAgents } from "./topology/service-agents.ts";
import { subscriptions } from "./topology/subscriptions.ts";
import { type Topic, topics } from "./topology/topics.ts";

const all: readonly DeployedFunction[] = functions;
const kmsKey = "projects/keys/locations/europe-west4/keyRings/ring/cryptoKeys/key";
const below = (path: string, names: Iterable<string>): string[] => [...names].map((name) => `${path}/${name}`);

function callersOf({ name, trigger }: DeployedFunction): readonly string[] {
  if (trigger.kind === "public") return ["everyone"];
  const pushed = subscriptions.some(({ pushTo }) => pushTo === name) ? ["pubsub-push"] : [];
  return schedules.some(({ target }) => target === name) ? [...pushed, "scheduler"] : pushed;
}

/** What each part of the topology asks of a stack, as paths of constructs. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  functions: all.flatMap((fn) =>
    below(fn.name, [
      "account",
      "bundle",
      "function",
      ...below("secrets", new Set([...fn.secrets.map(({ secret }) => secret), ...(fn.readsSecrets ?? [])])),
      ...below("callers", callersOf(fn)),
      ...(fn.access ?? []),
    ]),
  ),
  topics: topics.flatMap(({ name, publishers }: Topic) =>
    below(name, [
      "topic",
      "dead-letter",
      "dead-letter-subscription",
      "pubsub-dead-letters",
      ...(publishers.includes("meet") ? ["meet-publishes"] : []),
      ...(publishers.includes("relay") ? ["relay-outbox-publishes"] : []),
    ]),
  ),
  subscriptions: subscriptions.flatMap(({ name }) => below(name, ["subscription", "pubsub-acknowledges"])),
  schedules: schedules.map(({ name }) => `${name}/job`),
  buckets: buckets.flatMap(({ name }) => below(name, ["bucket", "notification", "storage-publishes"])),
  access: [...new Set(all.flatMap((fn) => fn.access ?? []))],
  identities: ["pubsub-push", "scheduler", "pubsub-signs"],
  "function-build": [
    "bundles/bucket",
    "builder",
    "images",
    ...below("grants", ["writes-images", "writes-logs", "reads-sources"]),
  ],
};

/** Resources of a stack by the part that they stand under, without the stack's name. */
function partsOf(stack: SynthesizedStack): Record<string, string[]> {
  const paths = underReview(stack).resources.map(({ path }) => path.split("/").slice(1));
  const parts = Map.groupBy(paths, ([part]) => part ?? "");
  return Object.fromEntries([...parts].map(([part, found]) => [part, found.map((path) => path.slice(1).join("/"))]));
}

describe("topology and stacks agree, both ways and to the last resource", () => {
  const { bootstrap, pipeline } = synthesizeOne(testEnvironment());

  it.each(Object.keys(wanted))("%s", (part) => {
    expect(partsOf(pipeline)[part]?.sort()).toEqual([...(wanted[part] ?? [])].sort());
  });

  it("the bootstrap", () => {
    expect(partsOf(bootstrap)).toEqual({
      apis: [...apiServices()],
      "audit-logs": ["all"],
      secrets: [...secretNames],
      state: ["bucket"],
    });
  });

  it("and what an environment adds by choice", () => {
    const monthlyBudget = { billingAccount: "012345-6789AB-CDEF01", amount: 1 };
    const chosen = synthesizeOne(testEnvironment({ kmsKey, monthlyBudget, egressRange: "10.8.0.0/28" }));
    const added = (before: SynthesizedStack, after: SynthesizedStack): string[] => {
      const known = new Set(underReview(before).resources.map(({ path }) => path));
      const paths = underReview(after).resources.flatMap(({ path }) => (known.has(path) ? [] : [path]));
      return paths.map((path) => path.split("/").slice(1).join("/")).sort();
    };

    expect(added(pipeline, chosen.pipeline)).toEqual([
      "cost/budget",
      ...below("egress", ["address", "connector", "nat", "network", "nobody-comes-in", "router", "subnetwork"]),
    ]);
    const apis = below("apis", ["billingbudgets", "cloudkms", "compute", "eventarc", "vpcaccess"]);
    expect(added(bootstrap, chosen.bootstrap)).toEqual([
      ...apis.map((api) => `${api}.googleapis.com`),
      ...below("key-access", serviceAgents.map(({ name }) => name).sort()),
    ]);
  });
});
