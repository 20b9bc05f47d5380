import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { SynthesizedStack } from "../synthesize.ts";
import { synthesizeOne, testEnvironment } from "../testing/synthesized.ts";
import { LABELLED } from "./data-policies.ts";
import { at, underReview } from "./policy.ts";
import { policies, review } from "./review.ts";
import { notApplicable, skips } from "./skips.ts";

type Json = Record<string, unknown>;
type Resources = Record<string, Record<string, Json>>;

const { bootstrap, pipeline } = synthesizeOne(testEnvironment());
const kmsKey = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k";

/** What `change` does to the resources of a stack, as a review sees it. */
function planted(stack: SynthesizedStack, change: (resources: Resources) => void): SynthesizedStack {
  const json = JSON.parse(stack.text) as { resource: Resources };
  change(json.resource);
  return { ...stack, text: JSON.stringify(json) };
}

/** The policies that refuse the planted stack. */
const refusedBy = (change: (resources: Resources) => void, stack = pipeline): string[] => {
  const other = stack === pipeline ? bootstrap : pipeline;
  return [...new Set(review([planted(stack, change), other]).violations.map(({ policy }) => policy))];
};

const firstOf = (resources: Resources, type: string): Json => Object.values(resources[type]!)[0]!;
const withoutKey = (type: string, ...keys: string[]) => {
  return (resources: Resources): void => {
    const last = keys.at(-1)!;
    delete (at(firstOf(resources, type), ...keys.slice(0, -1)) as Json)[last];
  };
};
const changed = (type: string, change: Json) => (resources: Resources) => {
  Object.assign(firstOf(resources, type), change);
};
const changedIn = (type: string, block: string, change: Json) => (resources: Resources) => {
  Object.assign(firstOf(resources, type)[block] as Json, change);
};
const added = (type: string, attributes: Json) => (resources: Resources) => {
  resources[type] = { ...resources[type], planted: attributes };
};
/** The first function that is not public, so that a change of it is never allowed. */
const inner = (resources: Resources): [id: string, attributes: Json] =>
  Object.entries(resources["google_cloudfunctions2_function"]!).find(([id]) => id.includes("process-booking"))!;
const innerChanged = (block: string, change: Json) => (resources: Resources) => {
  Object.assign(inner(resources)[1][block] as Json, change);
};
const projectRole = (role: string) =>
  added("google_project_iam_member", { project: "test-project", role, member: "serviceAccount:x@y.test" });

type Case = readonly [policy: string, what: string, change: (resources: Resources) => void, stack?: SynthesizedStack];

const RUN_INVOKER = "google_cloud_run_v2_service_iam_member";
const SUBSCRIPTION = "google_pubsub_subscription";
const pushOnly = (change: (subscription: Json) => void) => (resources: Resources) => {
  change(Object.values(resources[SUBSCRIPTION]!).find((subscription) => "push_config" in subscription)!);
};

const cases: readonly Case[] = [
  [
    "only-listed-functions-are-public",
    "anyone may call a function that checks nobody",
    (resources) => {
      const name = `\${google_cloudfunctions2_function.${inner(resources)[0]}.name}`;
      added(RUN_INVOKER, { name, role: "roles/run.invoker", member: "allUsers" })(resources);
    },
  ],
  [
    "only-listed-functions-are-public",
    "a public function's construct opens another one",
    (resources) => {
      const path = "test/functions/google-auth/callers/everyone";
      const grant = { name: "process-booking", role: "roles/run.invoker", member: "allUsers" };
      added(RUN_INVOKER, { ...grant, "//": { metadata: { path } } })(resources);
    },
  ],
  [
    "only-listed-functions-are-public",
    "a topic takes messages from every Google account",
    changed("google_pubsub_topic_iam_member", { member: "allAuthenticatedUsers" }),
  ],
  [
    "only-listed-functions-are-public",
    "a bucket is readable by all",
    added("google_storage_bucket_iam_binding", {
      bucket: "b",
      role: "roles/storage.objectViewer",
      members: ["allUsers"],
    }),
  ],
  [
    "ingress-internal-unless-public",
    "an inner function has a public address",
    innerChanged("service_config", { ingress_settings: "ALLOW_ALL" }),
  ],
  ["no-basic-or-wide-roles", "editor", projectRole("roles/editor")],
  ["no-basic-or-wide-roles", "administration", projectRole("roles/storage.admin")],
  ["no-basic-or-wide-roles", "impersonation", projectRole("roles/iam.serviceAccountTokenCreator")],
  ["no-basic-or-wide-roles", "acting as any account", projectRole("roles/iam.serviceAccountUser")],
  ["grants-add-up", "a binding", added("google_project_iam_binding", { role: "roles/x", members: [] })],
  [
    "own-accounts-only",
    "no account",
    (resources) => delete (inner(resources)[1]["service_config"] as Json)["service_account_email"],
  ],
  [
    "own-accounts-only",
    "the default account",
    innerChanged("service_config", { service_account_email: "1-compute@developer.gserviceaccount.com" }),
  ],
  [
    "own-accounts-only",
    "one account for two",
    (resources) => {
      const [one, two] = Object.values(resources["google_cloudfunctions2_function"]!);
      const email = at(one, "service_config", "service_account_email");
      Object.assign(two!["service_config"] as Json, { service_account_email: email });
    },
  ],
  ["no-long-lived-keys", "a key", added("google_service_account_key", { service_account_id: "x" })],
  ["no-long-lived-keys", "an HMAC key", added("google_storage_hmac_key", { service_account_email: "x" })],
  ["workload-identity-restricted", "any repository", added("google_iam_workload_identity_pool_provider", {})],
  ...[
    "lifecycle_rule",
    "public_access_prevention",
    "uniform_bucket_level_access",
    "versioning",
    "soft_delete_policy",
  ].map((key): Case => ["buckets-are-closed-and-bounded", `no ${key}`, withoutKey("google_storage_bucket", key)]),
  ["no-bucket-logs-to-itself", "itself", changed("google_storage_bucket", { name: "b", logging: { log_bucket: "b" } })],
  ["labelled", "no labels", withoutKey("google_pubsub_topic", "labels")],
  ["labelled", "a label is missing", withoutKey("google_storage_bucket", "labels", "environment")],
  ["labelled", "an alert without", withoutKey("google_monitoring_alert_policy", "user_labels")],
  ["labelled", "an address without", withoutKey("google_monitoring_notification_channel", "user_labels", "residency")],
  ["alerts-say-what-to-do", "no documentation", withoutKey("google_monitoring_alert_policy", "documentation")],
  ["alerts-say-what-to-do", "nobody is told", changed("google_monitoring_alert_policy", { notification_channels: [] })],
  ["alerts-say-what-to-do", "no severity", withoutKey("google_monitoring_alert_policy", "severity")],
  [
    "alerts-say-what-to-do",
    "a page without a command",
    changedIn("google_monitoring_alert_policy", "documentation", { content: "See docs/runbooks/outbox-late.md" }),
  ],
  [
    "alerts-say-what-to-do",
    "a command without a page",
    changedIn("google_monitoring_alert_policy", "documentation", { content: "First: npm run ops -- status" }),
  ],
  ["there-are-alerts", "none at all", (resources) => delete resources["google_monitoring_alert_policy"]],
  ["no-secret-values", "a version", added("google_secret_manager_secret_version", { secret_data: "x" }), bootstrap],
  [
    "no-secret-values",
    "a password in plain text",
    (resources) => {
      Object.assign(at(inner(resources)[1], "service_config", "environment_variables") as Json, { SMTP_PASSWORD: "x" });
    },
  ],
  [
    "secrets-stay-in-their-place",
    "replicated anywhere",
    changed("google_secret_manager_secret", { replication: { auto: {} } }),
    bootstrap,
  ],
  ["secrets-are-granted-one-by-one", "every secret", projectRole("roles/secretmanager.secretAccessor")],
  ["keys-rotate-and-stay", "never rotates", added("google_kms_crypto_key", { lifecycle: { prevent_destroy: true } })],
  ["keys-rotate-and-stay", "can be destroyed", added("google_kms_crypto_key", { rotation_period: "7776000s" })],
  ["reads-are-audited", "no audit logs", (resources) => delete resources["google_project_iam_audit_config"], bootstrap],
  [
    "reads-are-audited",
    "one service's alone",
    changed("google_project_iam_audit_config", { service: "storage.googleapis.com" }),
    bootstrap,
  ],
  [
    "reads-are-audited",
    "somebody is left out",
    changed("google_project_iam_audit_config", {
      audit_log_config: ["ADMIN_READ", "DATA_WRITE", "DATA_READ"].map((kind) => ({
        log_type: kind,
        exempted_members: ["user:x@y.test"],
      })),
    }),
    bootstrap,
  ],
  ...["expiration_policy", "retry_policy", "dead_letter_policy", "ack_deadline_seconds"].map(
    (key): Case => ["messages-are-not-lost", `no ${key}`, pushOnly((subscription) => delete subscription[key])],
  ),
  [
    "messages-are-not-lost",
    "a lifetime of a month",
    pushOnly((subscription) => Object.assign(subscription, { expiration_policy: { ttl: "2678400s" } })),
  ],
  [
    "messages-are-not-lost",
    "called a dead letter to get out of having one",
    pushOnly((subscription) => {
      subscription["name"] = "a-dead-letter";
      delete subscription["dead_letter_policy"];
    }),
  ],
  [
    "pushes-are-signed",
    "no token",
    pushOnly((subscription) => delete (subscription["push_config"] as Json)["oidc_token"]),
  ],
  [
    "pushes-are-signed",
    "no audience",
    pushOnly((subscription) => delete (at(subscription, "push_config", "oidc_token") as Json)["audience"]),
  ],
  [
    "every-dead-letter-topic-is-read",
    "nobody reads",
    (resources) => {
      const all = resources[SUBSCRIPTION]!;
      for (const [id, { push_config: push }] of Object.entries(all)) if (push === undefined) delete all[id];
    },
  ],
  ["schedules-are-signed", "no token", withoutKey("google_cloud_scheduler_job", "http_target", "oidc_token")],
  ["functions-are-in-the-topology", "a stranger", changed("google_cloudfunctions2_function", { name: "stranger" })],
  [
    "functions-are-in-the-topology",
    "an old runtime",
    changedIn("google_cloudfunctions2_function", "build_config", { runtime: "nodejs20" }),
  ],
  ["nothing-points-elsewhere", "a bucket of the US", changed("google_storage_bucket", { location: "US" })],
  [
    "nothing-points-elsewhere",
    "a function in Iowa",
    changed("google_cloudfunctions2_function", { location: "us-central1" }),
  ],
  [
    "nothing-points-elsewhere",
    "Language in the US",
    (resources) => {
      const told = at(inner(resources)[1], "service_config", "environment_variables") as Json;
      told["GOOGLE_LANGUAGE_ENDPOINT"] = "https://us-language.googleapis.com";
    },
  ],
  [
    "nothing-points-elsewhere",
    "a secret kept in two places",
    (resources) => {
      const replicas = [{ location: "europe-west4" }, { location: "europe-north1" }];
      changed("google_secret_manager_secret", { replication: { user_managed: { replicas } } })(resources);
    },
    bootstrap,
  ],
  [
    "nothing-points-elsewhere",
    "a schedule in Belgium",
    changed("google_cloud_scheduler_job", { region: "europe-west1" }),
  ],
  ...["global", "us", "us-east1", "europe"].map(
    (location): Case => [
      "nothing-points-elsewhere",
      `a key of ${location}`,
      changed("google_pubsub_topic", { kms_key_name: kmsKey.replace("europe-west4", location) }),
    ],
  ),
  [
    "nothing-points-elsewhere",
    "a connector in Iowa",
    innerChanged("service_config", { vpc_connector: "projects/p/locations/us-central1/connectors/c" }),
  ],
  [
    "nothing-points-elsewhere",
    "images in the US",
    innerChanged("build_config", { docker_repository: "projects/p/locations/us/repositories/functions" }),
  ],
  [
    "nothing-points-elsewhere",
    "Speech's address in the US",
    (resources) => {
      const told = at(inner(resources)[1], "service_config", "environment_variables") as Json;
      told["GOOGLE_SPEECH_ENDPOINT"] = "https://us-speech.googleapis.com";
    },
  ],
  ...["DATA_RESIDENCY", "GOOGLE_CLOUD_REGION"].map(
    (name): Case => [
      "functions-know-where-they-are",
      `no ${name}`,
      (resources) => delete (at(inner(resources)[1], "service_config", "environment_variables") as Json)[name],
    ],
  ),
  [
    "functions-know-where-they-are",
    "spans to the address of the whole world",
    (resources) => {
      const told = at(inner(resources)[1], "service_config", "environment_variables") as Json;
      told["TRACES_ENDPOINT"] = "https://telemetry.googleapis.com/v1/traces";
    },
  ],
  ["topics-store-in-place", "anywhere", withoutKey("google_pubsub_topic", "message_storage_policy")],
];
/** Findings of these are skipped here; their tests stand apart. */
const skippedPolicies = ["bucket-access-is-logged", "customer-managed-keys"];

describe("a planted violation is refused", () => {
  it.each(cases.map((planting) => ({ planting, title: `${planting[0]}: ${planting[1]}` })))(
    "$title",
    ({ planting }) => {
      const [policy, , change, stack] = planting;

      expect(refusedBy(change, stack)).toContain(policy);
    },
  );

  it("customer-managed-keys: one topic without the environment's key", () => {
    const stacks = synthesizeOne(testEnvironment({ kmsKey }));
    const change = withoutKey("google_pubsub_topic", "kms_key_name");
    const { violations } = review([stacks.bootstrap, planted(stacks.pipeline, change)]);

    expect(violations.map(({ policy }) => policy)).toEqual(["customer-managed-keys"]);
  });

  it("bucket-access-is-logged: one bucket without logs where the others have them is counted as skipped", () => {
    const before = review([bootstrap, pipeline]).skipped;
    const logged = changed("google_storage_bucket", { logging: { log_bucket: "logs" } });
    const after = review([bootstrap, planted(pipeline, logged)]).skipped;
    const findings = (skipped: typeof before) =>
      skipped.find(({ policy }) => policy === "bucket-access-is-logged")?.findings ?? 0;

    expect(findings(before) - findings(after)).toBe(1);
  });

  it("there is one for every policy", () => {
    const tested = [...cases.map(([policy]) => policy), ...skippedPolicies];

    expect([...new Set(tested)].sort()).toEqual(policies.map(({ name }) => name).sort());
  });
});

describe("what is skipped", () => {
  it("gives a reason, and names a policy that there is", () => {
    for (const { policy, reason } of skips) {
      expect(policies.map(({ name }) => name)).toContain(policy);
      expect(reason.length).toBeGreaterThan(30);
    }
  });

  it("is counted, and a skip that nothing needs is refused", () => {
    const { skipped } = review([bootstrap, pipeline]);
    expect(skipped.map(({ policy }) => policy).sort()).toEqual(skips.map(({ policy }) => policy).sort());

    const logged = (resources: Resources) => {
      for (const bucket of Object.values(resources["google_storage_bucket"]!))
        bucket["logging"] = { log_bucket: "logs" };
    };
    const { violations } = review([planted(bootstrap, logged), planted(pipeline, logged)]);
    expect(violations).toMatchObject([{ policy: "bucket-access-is-logged", stack: "*" }]);
  });
});

/** Of checkov's checks and the CIS benchmark of Google Cloud, those that touch what the stacks are made of. */
const BENCHMARK = [
  ...[
    28, 29, 41, 42, 43, 44, 45, 46, 47, 48, 49, 62, 63, 78, 82, 83, 84, 99, 101, 102, 107, 112, 114, 115, 116, 117,
  ].map((id) => `CKV_GCP_${id}`),
  ...[118, 124, 125].map((id) => `CKV_GCP_${id}`),
  ...[3, 4, 5, 6, 8, 10].map((id) => `CKV2_GCP_${id}`),
  ...["1.4", "1.5", "1.6", "1.8", "1.9", "1.10", "1.18", "2.1", "2.2", "2.3", "5.1", "5.2"].map((id) => `CIS ${id}`),
];

it("every kind of resource that can have labels is asked for them", () => {
  const everything = synthesizeOne(testEnvironment({ kmsKey, egressRange: "10.8.0.0/28" }));
  const types = [everything.bootstrap, everything.pipeline].flatMap((stack) =>
    underReview(stack).resources.map(({ type }) => type),
  );
  const bindings = path.dirname(createRequire(import.meta.url).resolve("@cdktf/provider-google"));
  const canHaveLabels = (type: string): boolean => {
    const file = path.join(bindings, type.replace("google_", "").replaceAll("_", "-"), "index.d.ts");
    const [config = ""] = readFileSync(file, "utf8").split("\n}\n");
    return /readonly labels\?:/.test(config);
  };
  // What they call labels of an e-mail channel is its address.
  const labelled = [...new Set(types)].filter((type) => canHaveLabels(type) && !type.endsWith("_notification_channel"));

  expect(labelled.length).toBeGreaterThan(5);
  expect(labelled.filter((type) => !LABELLED.test(type))).toEqual([]);
});

it("every rule of the benchmark is covered, or does not apply for a reason", () => {
  const covered = new Set(policies.flatMap(({ covers }) => covers));
  const elsewhere = new Set(notApplicable.flatMap(({ ids }) => ids));

  expect(BENCHMARK.filter((id) => !covered.has(id) && !elsewhere.has(id))).toEqual([]);
  expect([...elsewhere].filter((id) => covered.has(id))).toEqual([]);
  expect(skips.length + notApplicable.length).toBeLessThanOrEqual(3);
});
