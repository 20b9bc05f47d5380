import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { SynthesizedStack } from "../synthesize.ts";
import { ofType, resolve, synthesizeOne, testEnvironment } from "../testing/synthesized.ts";
import { type Access, access } from "../topology/access.ts";
import { type DeployedFunction, functions } from "../topology/functions.ts";
import { clientCalls } from "./client-calls.ts";
import type { Need } from "./needs.ts";
import { type CallsByFunction, callsOfEveryFunction, needsOfFunctions, permissionTable } from "./permission-table.ts";
import { PERMISSIONS_PAGE, permissionsPage } from "./permissions-page.ts";

type Json = Record<string, unknown>;

const root = path.resolve(import.meta.dirname, "../..");
const kmsKey = "projects/keys/locations/europe-west4/keyRings/ring/cryptoKeys/key";
const { bootstrap, pipeline } = synthesizeOne(testEnvironment({ kmsKey }));
const tables: Readonly<Record<string, Access>> = access;
let calls: CallsByFunction;
let ofFunctions: readonly Need[];

// The compiler reads seven functions and Google's clients.
beforeAll(() => {
  calls = callsOfEveryFunction(root);
  ofFunctions = needsOfFunctions(calls);
}, 60_000);

const tableOf = (...stacks: readonly SynthesizedStack[]) => permissionTable(stacks, ofFunctions);
const idleIn = (...stacks: readonly SynthesizedStack[]) =>
  tableOf(...stacks)
    .entries.filter(({ neededBy }) => neededBy.length === 0)
    .map(({ account, permission, on }) => `${account}: ${permission} on ${on}`);
const missingIn = (...stacks: readonly SynthesizedStack[]) =>
  tableOf(...stacks).missing.map(({ account, permission, on }) => `${account}: ${permission} on ${on}`);

/** What `change` does to every resource of a type. */
function changed(stack: SynthesizedStack, type: string, change: (attributes: Json) => Json | null): SynthesizedStack {
  const json = JSON.parse(stack.text) as { resource: Record<string, Record<string, Json>> };
  const named = Object.entries(json.resource[type] ?? {}).map(([id, attributes]) => [id, change(attributes)] as const);
  json.resource[type] = Object.fromEntries(named.filter((entry): entry is [string, Json] => entry[1] !== null));
  return { ...stack, text: JSON.stringify(json) };
}

describe("the table", () => {
  it("has no entry without a call, and no call without an entry", () => {
    expect(idleIn(bootstrap, pipeline)).toEqual([]);
    expect(missingIn(bootstrap, pipeline)).toEqual([]);
  });

  it("has every account: functions, identities, the builder, Google's agents, Meet and everyone", () => {
    const accounts = new Set(tableOf(bootstrap, pipeline).entries.map(({ account }) => account));

    for (const { name } of functions) expect(accounts).toContain(name);
    for (const name of ["pubsub-push", "scheduler", "function-builder", "Google Meet", "everyone"])
      expect(accounts).toContain(name);
    expect([...accounts].filter((name) => name.startsWith("Google's "))).toHaveLength(7);
  });

  it("is the page that is committed (npm run synth -- --permissions writes it)", () => {
    const written = readFileSync(path.join(root, PERMISSIONS_PAGE), "utf8");

    expect(permissionsPage(tableOf(bootstrap, pipeline))).toBe(written);
  });

  it("without a key of one's own, lets nobody use one", () => {
    const plain = synthesizeOne(testEnvironment());
    const { entries } = tableOf(plain.bootstrap, plain.pipeline);

    expect(entries.filter(({ permission }) => permission.startsWith("cloudkms"))).toEqual([]);
    expect(idleIn(plain.bootstrap, plain.pipeline)).toEqual([]);
    expect(missingIn(plain.bootstrap, plain.pipeline)).toEqual([]);
  });
});

describe("what does not add up is told", () => {
  const without = (type: string, text: string) =>
    changed(pipeline, type, (attributes) => (JSON.stringify(attributes).includes(text) ? null : attributes));

  it.each([
    ["google_storage_bucket_iam_member", "keep-watch", "keep-watch: storage.objects.list on bucket recordings"],
    ["google_project_iam_member", "keep-watch", "keep-watch: speech.operations.get on the project"],
    ["google_secret_manager_secret_iam_member", "smtp-password", "send-reminders: secretmanager.versions.access on"],
    ["google_cloud_run_v2_service_iam_member", "process-booking", "pubsub-push: run.routes.invoke on function process"],
    ["google_service_account_iam_member", "pubsub-signs", "Google's pubsub agent: iam.serviceAccounts.getOpenIdToken"],
    [
      "google_pubsub_topic_iam_member",
      "storage-publishes",
      "Google's storage agent: pubsub.topics.publish on topic st",
    ],
    ["google_pubsub_topic_iam_member", "meet-publishes", "Google Meet: pubsub.topics.publish on topic meeting-events"],
    ["google_pubsub_subscription_iam_member", "analyze", "Google's pubsub agent: pubsub.subscriptions.consume on sub"],
    ["google_project_iam_member", "reads-sources", "function-builder: storage.objects.get on sources of functions"],
  ])("a call whose grant is gone: %s of %s", (type, text, expected) => {
    const missing = missingIn(bootstrap, without(type, text));

    expect(missing.some((line) => line.startsWith(expected))).toBe(true);
  });

  it("a permission too many in a custom role", () => {
    const wider = changed(pipeline, "google_project_iam_custom_role", (attributes) => ({
      ...attributes,
      permissions: [...(attributes["permissions"] as string[]), "storage.objects.update"],
    }));

    expect(idleIn(bootstrap, wider)).toContain("keep-watch: storage.objects.update on bucket recordings");
  });

  it("a grant that outlived what it was for: the schedule, the push, the notification, the key", () => {
    const gone = (type: string) => changed(pipeline, type, () => null);

    expect(idleIn(bootstrap, gone("google_cloud_scheduler_job"))).toContain(
      "scheduler: run.routes.invoke on function keep-watch",
    );
    expect(idleIn(bootstrap, gone("google_pubsub_subscription"))).toContain(
      "pubsub-push: run.routes.invoke on function process-booking",
    );
    expect(idleIn(bootstrap, gone("google_storage_notification"))).toEqual([
      "Google's storage agent: pubsub.topics.publish on topic storage-events",
    ]);
    expect(idleIn(bootstrap)).toContain(
      "Google's run agent: cloudkms.cryptoKeyVersions.useToEncrypt on the environment's key",
    );
  });

  it("a role of Google's, or a kind of grant, that nobody has explained", () => {
    const grant = (role: string) => changed(pipeline, "google_project_iam_member", (member) => ({ ...member, role }));
    expect(() => tableOf(grant("roles/storage.objectUser"))).toThrow("predefined-roles.ts");

    const json = JSON.parse(pipeline.text) as { resource: Record<string, Json> };
    json.resource["google_cloud_tasks_queue_iam_member"] = { new: { role: "roles/run.invoker", member: "allUsers" } };
    expect(() => tableOf({ ...pipeline, text: JSON.stringify(json) })).toThrow("grants.ts");
  });
});

describe.each(functions.map((fn: DeployedFunction) => fn))("custom roles of $name", (fn) => {
  const resolved = resolve(pipeline);
  const member = `serviceAccount:${fn.name}@test-project.iam.gserviceaccount.com`;

  it("are granted on the bucket where there is one, and no other is granted beside them", () => {
    const grants = ["google_storage_bucket_iam_member", "google_project_iam_member"].flatMap((type) =>
      ofType(resolved, type).filter(({ attributes }) => attributes["member"] === member),
    );
    const wanted = (fn.access ?? []).map((name) => [
      tables[name]?.on === "recordings" ? "google_storage_bucket_iam_member" : "google_project_iam_member",
      `projects/test-project/roles/bookingInsights.${name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
    ]);

    expect(grants.map(({ type, attributes }) => [type, attributes["role"]]).sort()).toEqual(wanted.sort());
  });

  it("name in the topology one of the calls that need each permission", () => {
    for (const name of fn.access ?? []) {
      for (const [permission, call] of Object.entries(tables[name]?.permissions ?? {})) {
        const needs = ofFunctions.filter((need) => need.account === fn.name && need.permission === permission);
        expect(needs.map(({ by }) => by.split(":")[0])).toContain(call);
      }
    }
  });
});

it("the table of clients' calls has none that nobody makes any more", () => {
  const made = new Set([...calls.values()].flat().flatMap(({ use, client }) => [client, `${use}: ${client}`]));

  expect(Object.keys(clientCalls).filter((client) => !made.has(client))).toEqual([]);
});

it("the custom roles hold what the topology says", () => {
  const roles = ofType(pipeline, "google_project_iam_custom_role");
  const permissions = roles.map(({ path: at, attributes }) => [at.split("/").at(-1), attributes["permissions"]]);

  expect(Object.fromEntries(permissions)).toEqual(
    Object.fromEntries(Object.entries(tables).map(([name, { permissions: all }]) => [name, Object.keys(all)])),
  );
});

it("the secrets that a function reads while it runs are those that the topology names", () => {
  for (const fn of functions as readonly DeployedFunction[]) {
    const index = readFileSync(path.join(root, "functions", fn.name, "index.ts"), "utf8");
    expect(index.includes("makeSecretReader("), fn.name).toBe((fn.readsSecrets ?? []).length > 0);
    for (const secret of fn.readsSecrets ?? []) expect(index).toContain(`"${secret}"`);
  }
});
