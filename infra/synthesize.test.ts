import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { speechLocation } from "../shared/domain/transcription-plan.ts";
import { unbuiltBundles } from "./bundles/bundles.ts";
import { environments } from "./environments.ts";
import { at, underReview } from "./policies/policy.ts";
import { review } from "./policies/review.ts";
import { places } from "./residency.ts";
import { ofType, resolve, synthesizeOne, testEnvironment } from "./testing/synthesized.ts";
import { alerts } from "./topology/alerts.ts";
import { buckets } from "./topology/buckets.ts";
import { dashboards } from "./topology/dashboards.ts";
import { type DeployedFunction, functions, secretNames } from "./topology/functions.ts";
import { logMetrics } from "./topology/metrics.ts";
import { schedules } from "./topology/schedules.ts";
import { subscriptions } from "./topology/subscriptions.ts";
import { timings } from "./topology/timings.ts";
import { topics } from "./topology/topics.ts";

const { bootstrap, pipeline: raw } = synthesizeOne(testEnvironment());
const pipeline = resolve(raw);
const named = (type: string, name: string) =>
  ofType(pipeline, type).find(({ attributes }) => attributes["name"] === name)?.attributes;
const url = (name: string) => `https://${name}-123456789012.europe-west4.run.app`;
const account = (name: string) => `${name}@test-project.iam.gserviceaccount.com`;

/** The schema of a function's environment, and the names in it. */
async function configurationOf(name: string): Promise<{ schema: z.ZodObject; environmentKeys: readonly string[] }> {
  const file = path.resolve(import.meta.dirname, "../functions", name, "config.ts");
  const exported: unknown[] = Object.values(await import(pathToFileURL(file).href));
  const schema = exported.find((value) => value instanceof z.ZodObject)!;
  return { schema, environmentKeys: Object.keys(schema.shape) };
}

describe("topology and stacks", () => {
  it("every thing of the topology has its resource, and no resource of those kinds is of nobody", () => {
    const names = (type: string) => ofType(pipeline, type).map(({ attributes }) => attributes["name"]);
    const deadLetters = topics.map(({ deadLetterTopic }) => deadLetterTopic);

    expect(names("google_cloudfunctions2_function").sort()).toEqual(functions.map(({ name }) => name).sort());
    expect(names("google_pubsub_topic").sort()).toEqual([...topics.map(({ name }) => name), ...deadLetters].sort());
    expect(names("google_pubsub_subscription").sort()).toEqual(
      [...subscriptions.map(({ name }) => name), ...deadLetters].sort(),
    );
    expect(names("google_cloud_scheduler_job").sort()).toEqual(schedules.map(({ name }) => name).sort());
    expect(names("google_storage_bucket").sort()).toEqual(
      [...buckets.map(({ name }) => `test-project-${name}`), "test-project-function-bundles"].sort(),
    );
    expect(names("google_logging_metric").sort()).toEqual(logMetrics.map(({ name }) => name).sort());
    const placed = (type: string) => ofType(pipeline, type).map(({ path: at }) => at.split("/")[2]);
    expect(placed("google_monitoring_alert_policy").sort()).toEqual(alerts.map(({ name }) => name).sort());
    expect(placed("google_monitoring_dashboard").sort()).toEqual(dashboards.map(({ name }) => name).sort());
    expect(placed("google_monitoring_notification_channel")).toEqual(testEnvironment().alertEmails);
    const secrets = ofType(bootstrap, "google_secret_manager_secret").map(({ attributes }) => attributes["secret_id"]);
    expect(secrets.sort()).toEqual([...secretNames].sort());
  });

  it("every resource stands under the part of the topology that it is there for", () => {
    const parts: Record<string, readonly string[]> = {
      functions: functions.map(({ name }) => name),
      topics: topics.map(({ name }) => name),
      subscriptions: subscriptions.map(({ name }) => name),
      schedules: schedules.map(({ name }) => name),
      buckets: buckets.map(({ name }) => name),
      "function-build": ["bundles", "builder", "images", "grants"],
      identities: ["pubsub-push", "scheduler", "pubsub-signs"],
      metrics: logMetrics.map(({ name }) => name),
      alerts: alerts.map(({ name }) => name),
      dashboards: dashboards.map(({ name }) => name),
      "alert-mail": testEnvironment().alertEmails,
      access: [...new Set(functions.flatMap((fn: DeployedFunction) => fn.access ?? []))],
    };
    const strangers = underReview(pipeline).resources.filter(({ path: at }) => {
      const [, part = "", name = ""] = at.split("/");
      return !parts[part]?.includes(name);
    });

    expect(strangers).toEqual([]);
  });

  it("is the same twice, and names no path of this machine", () => {
    const again = synthesizeOne(testEnvironment());

    expect(again.pipeline.text).toBe(raw.text);
    expect(again.bootstrap.text).toBe(bootstrap.text);
    expect(raw.text + bootstrap.text).not.toMatch(/"\/(home|tmp|Users|root|work)/);
  });

  it("passes its own review, in every environment of the file and in each residency", () => {
    const all = [...environments, testEnvironment({ residency: "us" }), testEnvironment()];
    for (const environment of all) {
      const stacks = synthesizeOne(environment);
      expect(review([stacks.bootstrap, stacks.pipeline]).violations).toEqual([]);
    }
  });
});

describe.each(functions.map((fn: DeployedFunction) => fn))("function $name", (fn) => {
  const made = named("google_cloudfunctions2_function", fn.name)!;
  const service = at(made, "service_config") as Record<string, unknown>;

  it("runs as the topology says, as an account of its own", () => {
    expect(service).toMatchObject({
      service_account_email: account(fn.name),
      available_memory: `${fn.memoryMiB}Mi`,
      timeout_seconds: fn.timeoutSeconds,
      max_instance_request_concurrency: fn.concurrency,
      max_instance_count: fn.maxInstances,
      min_instance_count: 0,
      ingress_settings: fn.trigger.kind === "public" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY",
    });
    expect(at(made, "build_config", "runtime")).toBe("nodejs24");
  });

  it("starts: its own configuration accepts what it is told, secrets included", async () => {
    const { schema } = await configurationOf(fn.name);
    const secrets = fn.secrets.map(({ env }) => [env, "a secret"]);
    const told = { ...(service["environment_variables"] as object), ...Object.fromEntries(secrets) };

    expect(schema.safeParse(told).error).toBeUndefined();
  });

  it("is told what it reads, and not what others read: a change of that must not deploy it again", async () => {
    const { environmentKeys } = await configurationOf(fn.name);
    const told = Object.keys(service["environment_variables"] as object);
    const ofTheInstallation = ["DATA_RESIDENCY", "GOOGLE_CLOUD_PROJECT_ID", "GOOGLE_CLOUD_REGION", "LOG_EXECUTION_ID"];

    expect(told.filter((name) => ![...environmentKeys, ...ofTheInstallation].includes(name))).toEqual([]);
    const periods = Object.keys(timings).map((key) => key.replaceAll(/[A-Z]/g, "_$&").toUpperCase());
    expect(periods.filter((name) => environmentKeys.includes(name) && !told.includes(name))).toEqual([]);
  });

  it("may read the secrets that it has or asks for, and no other", () => {
    const granted = ofType(pipeline, "google_secret_manager_secret_iam_member").filter(
      ({ attributes }) => attributes["member"] === `serviceAccount:${account(fn.name)}`,
    );
    const wanted = new Set([...fn.secrets.map(({ secret }) => secret), ...(fn.readsSecrets ?? [])]);

    expect(granted.map(({ attributes }) => attributes["secret_id"]).sort()).toEqual([...wanted].sort());
    const bound = (service["secret_environment_variables"] as { key: string; secret: string }[]) ?? [];
    expect(bound.map(({ key, secret }) => ({ env: key, secret }))).toEqual(fn.secrets);
  });

  it("is called by those alone whose tokens it accepts", () => {
    const invokers = ofType(pipeline, "google_cloud_run_v2_service_iam_member")
      .filter(({ attributes }) => attributes["name"] === fn.name)
      .map(({ attributes }) => attributes["member"]);
    const callers = {
      public: ["allUsers"],
      pubsub: [`serviceAccount:${account("pubsub-push")}`],
      schedule: [`serviceAccount:${account("scheduler")}`],
    };

    expect(invokers).toEqual(callers[fn.trigger.kind]);
  });
});

it.each(subscriptions.map((subscription) => subscription))("subscription $name delivers", (subscription) => {
  expect(named("google_pubsub_subscription", subscription.name)).toMatchObject({
    topic: subscription.topic,
    ack_deadline_seconds: subscription.ackDeadlineSeconds,
    expiration_policy: { ttl: "" },
    retry_policy: {
      minimum_backoff: `${subscription.minBackoffSeconds}s`,
      maximum_backoff: `${subscription.maxBackoffSeconds}s`,
    },
    dead_letter_policy: {
      dead_letter_topic: `${subscription.topic}-dead-letter`,
      max_delivery_attempts: subscription.maxDeliveryAttempts,
    },
    push_config: {
      push_endpoint: url(subscription.pushTo),
      oidc_token: { service_account_email: account("pubsub-push"), audience: url(subscription.pushTo) },
    },
  });
  const target = named("google_cloudfunctions2_function", subscription.pushTo)!;
  expect(at(target, "service_config", "environment_variables")).toMatchObject({
    OIDC_AUDIENCE: url(subscription.pushTo),
    OIDC_CALLERS: account("pubsub-push"),
  });
});

it.each(schedules.map((schedule) => schedule))("schedule $name calls with a token its target accepts", (schedule) => {
  const job = named("google_cloud_scheduler_job", schedule.name)!;

  expect(job).toMatchObject({
    schedule: schedule.cron,
    http_target: { uri: `${url(schedule.target)}${schedule.path}`, oidc_token: { audience: url(schedule.target) } },
  });
  const target = named("google_cloudfunctions2_function", schedule.target)!;
  const variables = at(target, "service_config", "environment_variables");
  expect(at(variables, "OIDC_CALLERS")).toBe(at(job, "http_target", "oidc_token", "service_account_email"));
});

it("each topic is published to by those whom the topology names", () => {
  const members = {
    meet: "serviceAccount:meet-api-event-push@system.gserviceaccount.com",
    relay: `serviceAccount:${account("relay-outbox")}`,
    storage: expect.stringContaining("data.google_storage_project_service_account"),
  };
  const grants = ofType(pipeline, "google_pubsub_topic_iam_member");
  for (const { name, deadLetterTopic, publishers } of topics) {
    const publishing = (topic: string) =>
      grants.filter(({ attributes }) => attributes["topic"] === topic).map(({ attributes }) => attributes["member"]);

    expect(publishing(name).sort()).toEqual(publishers.map((publisher) => members[publisher]).sort());
    expect(publishing(deadLetterTopic)).toEqual([
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com",
    ]);
  }
});

it.each(buckets.map((bucket) => bucket))("bucket $name forgets in time and tells of what is new", (bucket) => {
  const made = named("google_storage_bucket", `test-project-${bucket.name}`)!;
  const rules = made["lifecycle_rule"] as object[];

  for (const { prefix, deleteAfterDays } of bucket.prefixes) {
    const condition = { age: deleteAfterDays, matches_prefix: [prefix], with_state: "LIVE" };
    expect(rules).toContainEqual({ action: { type: "Delete" }, condition });
  }
  const [notification] = ofType(pipeline, "google_storage_notification");
  expect(notification?.attributes).toMatchObject({
    topic: bucket.notifies.topic,
    event_types: bucket.notifies.eventTypes,
  });
});

describe("residency", () => {
  it.each(["us", "eu"] as const)("one setting moves everything to %s", (residency) => {
    const { pipeline: moved } = synthesizeOne(testEnvironment({ residency }));
    const { region, languageEndpoint } = places[residency];
    const variables = ofType(moved, "google_cloudfunctions2_function").map(({ attributes }) =>
      at(attributes, "service_config", "environment_variables"),
    );

    expect(speechLocation(residency)).toBe(region);
    for (const told of variables)
      expect(told).toMatchObject({ DATA_RESIDENCY: residency, GOOGLE_CLOUD_REGION: region });
    expect(moved.text).toContain(languageEndpoint);
  });

  it("nothing in Europe points outside Europe, in any string of any stack", () => {
    const elsewhere = /\b(us|asia|australia|me|africa|northamerica|southamerica)-[a-z]+\d|us-language|"US"/gi;

    expect((raw.text + bootstrap.text).match(elsewhere)).toBeNull();
  });
});

it("an environment keeps as many instances warm as it says", () => {
  const { pipeline: warm } = synthesizeOne(testEnvironment({ minInstances: { "relay-outbox": 2 } }));
  const counts = ofType(warm, "google_cloudfunctions2_function").map(({ attributes }) => [
    attributes["name"],
    at(attributes, "service_config", "min_instance_count"),
  ]);

  expect(counts.filter(([, count]) => count !== 0)).toEqual([["relay-outbox", 2]]);
});

it("a function that did not change keeps its object's name", () => {
  const bundles = new Map(unbuiltBundles());
  bundles.set("relay-outbox", { name: "relay-outbox", hash: "0123", files: [] });
  const { pipeline: built } = synthesizeOne(testEnvironment(), bundles);
  const objects = ofType(built, "google_storage_bucket_object").map(({ attributes }) => attributes["name"]);

  expect(objects).toContain("relay-outbox/0123.zip");
  expect(objects).toContain("google-auth/unbuilt.zip");
});

it("lets the deployment name the versions of secrets, and reads the newest where it names none", () => {
  const { variable, output } = JSON.parse(raw.text);
  expect(variable.secret_versions).toMatchObject({ type: "map(string)", default: {} });
  expect(output.deployed_secret_versions.value).toContain("var.secret_versions");
  const [{ version }] = at(
    named("google_cloudfunctions2_function", "send-reminders"),
    "service_config",
    "secret_environment_variables",
  ) as [{ version: string }];
  expect(version).toMatch(/^\$\{lookup\(var\.secret_versions, "[a-z-]+", "latest"\)\}$/);
});
