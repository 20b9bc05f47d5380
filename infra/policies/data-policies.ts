import { asText, at, eachResource, firstProblem, type Policy, type Resource } from "./policy.ts";

/** Types of ours that can have labels; the others of the stacks cannot. */
export const LABELLED =
  /^google_(storage_bucket|pubsub_topic|pubsub_subscription|cloudfunctions2_function|secret_manager_secret|artifact_registry_repository|kms_crypto_key|compute_address)$/;
/** The same, where the provider calls them otherwise: an e-mail channel's `labels` are its address. */
const USER_LABELLED = /^google_monitoring_(alert_policy|notification_channel)$/;
const LABELS = ["app", "environment", "managed-by", "residency"];
const ENCRYPTED =
  /^google_(storage_bucket|pubsub_topic|cloudfunctions2_function|secret_manager_secret|artifact_registry_repository)$/;
const MAX_ROTATION_SECONDS = 90 * 86_400;
/** Environment variables with such names hold what nobody may read in the console. */
const SECRET_NAME = /(SECRET|PASSWORD|PRIVATE|CREDENTIAL|_KEY$|_TOKEN$)/;

function bucketProblem({ attributes }: Resource): string | null {
  return firstProblem([
    [
      attributes["uniform_bucket_level_access"] !== true,
      "has no uniform access: objects could have grants of their own",
    ],
    [attributes["public_access_prevention"] !== "enforced", "does not prevent public access"],
    [!Array.isArray(attributes["lifecycle_rule"]), "keeps everything for ever: give it a lifecycle"],
    [at(attributes, "versioning", "enabled") !== true, "has no versioning: an overwritten object is gone"],
    [!(Number(at(attributes, "soft_delete_policy", "retention_duration_seconds")) > 0), "has no soft delete"],
  ]);
}

const missingLabels =
  (block: "labels" | "user_labels") =>
  ({ attributes }: Resource): string | null => {
    const missing = LABELS.filter((label) => asText(at(attributes, block, label)) === "");
    return missing.length > 0 ? `has no label ${missing.join(", ")}` : null;
  };

const plainSecrets = ({ attributes }: Resource): string | null => {
  const names = Object.keys((at(attributes, "service_config", "environment_variables") ?? {}) as object);
  const found = names.filter((name) => SECRET_NAME.test(name));
  return found.length > 0 ? `has ${found.join(", ")} in plain text: bind a secret` : null;
};

function isWholeAudit({ type, attributes }: Resource): boolean {
  const logged = JSON.stringify(attributes["audit_log_config"] ?? []);
  return (
    type === "google_project_iam_audit_config" &&
    attributes["service"] === "allServices" &&
    ["ADMIN_READ", "DATA_READ", "DATA_WRITE"].every((kind) => logged.includes(`"${kind}"`)) &&
    !logged.includes("exempted_members")
  );
}

export const dataPolicies: readonly Policy[] = [
  {
    name: "buckets-are-closed-and-bounded",
    covers: ["CKV_GCP_29", "CKV_GCP_78", "CKV_GCP_114", "CIS 5.2"],
    check: eachResource(/^google_storage_bucket$/, bucketProblem),
  },
  {
    name: "bucket-access-is-logged",
    covers: ["CKV_GCP_62"],
    check: eachResource(/^google_storage_bucket$/, ({ attributes }) =>
      attributes["logging"] === undefined ? "has no usage logs" : null,
    ),
  },
  {
    name: "no-bucket-logs-to-itself",
    covers: ["CKV_GCP_63"],
    check: eachResource(/^google_storage_bucket$/, ({ attributes }) => {
      const target = at(attributes, "logging", "log_bucket");
      return target !== undefined && target === attributes["name"] ? "logs to itself" : null;
    }),
  },
  {
    name: "labelled",
    covers: [],
    check: (stack) => [
      ...eachResource(LABELLED, missingLabels("labels"))(stack),
      ...eachResource(USER_LABELLED, missingLabels("user_labels"))(stack),
    ],
  },
  {
    name: "no-secret-values",
    covers: ["CIS 1.18"],
    check: (stack) => [
      ...eachResource(/^google_secret_manager_(regional_)?secret_version$/, () => {
        return "puts a secret's value into Terraform's state: add versions by command";
      })(stack),
      ...eachResource(/^google_cloudfunctions2_function$/, plainSecrets)(stack),
    ],
  },
  {
    name: "secrets-stay-in-their-place",
    covers: [],
    check: eachResource(/^google_secret_manager_secret$/, ({ attributes }) =>
      at(attributes, "replication", "user_managed") === undefined ? "is replicated wherever Google likes" : null,
    ),
  },
  {
    name: "secrets-are-granted-one-by-one",
    covers: [],
    check: eachResource(/^google_project_iam_/, ({ attributes }) =>
      /secretmanager/i.test(asText(attributes["role"])) ? "grants every secret of the project" : null,
    ),
  },
  {
    name: "customer-managed-keys",
    covers: ["CKV_GCP_83", "CKV_GCP_84"],
    check: eachResource(ENCRYPTED, ({ attributes }) => {
      return /"(default_)?kms_key_name":/.test(JSON.stringify(attributes))
        ? null
        : "is encrypted with Google's own keys";
    }),
  },
  {
    name: "keys-rotate-and-stay",
    covers: ["CKV_GCP_43", "CKV_GCP_82", "CIS 1.10"],
    check: eachResource(/^google_kms_crypto_key$/, ({ attributes }) => {
      const seconds = Number(asText(attributes["rotation_period"]).replace("s", ""));
      return firstProblem([
        [!(seconds > 0 && seconds <= MAX_ROTATION_SECONDS), "does not rotate every 90 days"],
        [at(attributes, "lifecycle", "prevent_destroy") !== true, "can be destroyed, and with it all that it encrypts"],
      ]);
    }),
  },
  {
    name: "reads-are-audited",
    covers: ["CKV2_GCP_5", "CIS 2.1"],
    check: ({ name, resources }) => {
      const [first] = resources.filter(({ type }) => type === "google_secret_manager_secret");
      if (first === undefined || resources.some(isWholeAudit)) return [];
      return [{ resource: first, problem: `stands in ${name}, where nobody writes down who reads it` }];
    },
  },
];
