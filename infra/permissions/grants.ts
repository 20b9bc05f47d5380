import { asText, at, type Resource, type StackUnderReview } from "../policies/policy.ts";
import { predefinedRoles } from "./predefined-roles.ts";
import { type Names, namesIn } from "./synthesized-names.ts";

/** One permission that an account holds on something, by a grant in the synthesized stacks. */
export interface Grant {
  readonly account: string;
  readonly permission: string;
  readonly on: string;
  readonly role: string;
  /** Terraform's address of the grant. */
  readonly address: string;
}

const IAM = /_iam_(member|binding|policy)$/;

/** What each type of grant is on. */
const TARGETS: Readonly<Record<string, (attributes: Resource["attributes"], names: Names) => string>> = {
  google_artifact_registry_repository_iam_member: ({ repository }, names) => `repository ${names.of(repository)}`,
  google_cloud_run_v2_service_iam_member: ({ name }, names) => `function ${names.of(name)}`,
  google_kms_crypto_key_iam_member: () => "the environment's key",
  google_project_iam_member: ({ condition }) =>
    condition === undefined ? "the project" : asText(at(condition, "title")),
  google_pubsub_subscription_iam_member: ({ subscription }, names) => `subscription ${names.of(subscription)}`,
  google_pubsub_topic_iam_member: ({ topic }, names) => `topic ${names.of(topic)}`,
  google_secret_manager_secret_iam_member: ({ secret_id: secret }, names) => `secret ${names.of(secret)}`,
  google_service_account_iam_member: ({ service_account_id: id }, names) => `account ${names.account(accountIn(id))}`,
  google_storage_bucket_iam_member: ({ bucket }, names) => `bucket ${names.of(bucket)}`,
};

const accountIn = (id: unknown): string => asText(id).split("/serviceAccounts/").at(-1) ?? "";

/** Every grant of a stack, one entry for each permission that its role is granted for. */
export function grantsIn(stack: StackUnderReview): readonly Grant[] {
  const names = namesIn(stack);
  return stack.resources
    .filter(({ type }) => IAM.test(type))
    .flatMap(({ type, address, attributes }) => {
      const target = TARGETS[type];
      if (target === undefined) throw new Error(`${address}: teach infra/permissions/grants.ts what it is on`);
      const role = asText(attributes["role"]);
      const shown = role.startsWith("roles/") ? role : names.of(role);
      const grant = {
        account: names.account(attributes["member"]),
        on: target(attributes, names),
        role: shown,
        address,
      };
      return permissionsOf(stack, role).map((permission) => ({ ...grant, permission }));
    });
}

/** Of a custom role everything; of one of Google's what we took it for. */
function permissionsOf({ resources }: StackUnderReview, role: string): readonly string[] {
  const made = resources.find(({ address }) => role.includes(`\${${address}.`));
  if (made !== undefined) return made.attributes["permissions"] as string[];
  const known = predefinedRoles[role];
  if (known === undefined) throw new Error(`${role}: say in infra/permissions/predefined-roles.ts what it is for`);
  return known.uses;
}
