import { functions } from "../topology/functions.ts";
import { asText, at, eachResource, firstProblem, type Policy, type Resource, type StackUnderReview } from "./policy.ts";

const EVERYONE = /\ball(Authenticated)?Users\b/;
const IAM_RESOURCE = /_iam_(member|binding|policy)$/;
const PROJECT_IAM = /^google_(project|folder|organization)_iam_(member|binding|policy)$/;
const BASIC_ROLE = /^roles\/(owner|editor|viewer|browser)$/;
const IMPERSONATION = /^roles\/(iam\.(serviceAccount|workloadIdentity|securityAdmin)|owner|editor|.*serviceAgent$)/;
const ADMINISTRATION = /admin/i;
const DEFAULT_ACCOUNT = /(-compute@developer|@appspot|@cloudbuild)\.gserviceaccount\.com/;

/** The topology's public functions; each names the check that it makes of its callers itself. */
const publicFunctions = functions.flatMap(({ name, trigger }) => (trigger.kind === "public" ? [name as string] : []));

/** Whether the grant is the right to call a function that the topology lists, whatever the construct is called. */
function isListedPublic({ type, attributes }: Resource, { resources }: StackUnderReview): boolean {
  const called = resources.find(({ address }) => attributes["name"] === `\${${address}.name}`);
  const listed = publicFunctions.includes(asText(called?.attributes["name"]));
  return type === "google_cloud_run_v2_service_iam_member" && attributes["role"] === "roles/run.invoker" && listed;
}

export const accessPolicies: readonly Policy[] = [
  {
    name: "only-listed-functions-are-public",
    covers: [
      ...["28", "102", "107", "99", "101", "112", "CKV2_GCP_6", "CKV2_GCP_8", "CKV2_GCP_10"].map(checkov),
      ...["CIS 1.9", "CIS 5.1"],
    ],
    check: eachResource(/^google_/, (resource, stack) => {
      if (!EVERYONE.test(JSON.stringify(resource.attributes)) || isListedPublic(resource, stack)) return null;
      return "is open to everyone; only the topology's public functions may be, which check their callers themselves";
    }),
  },
  {
    name: "ingress-internal-unless-public",
    covers: ["CKV_GCP_124"],
    check: eachResource(/^google_cloudfunctions2_function$/, ({ attributes }) => {
      const ingress = at(attributes, "service_config", "ingress_settings");
      const wanted = publicFunctions.includes(asText(attributes["name"])) ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY";
      return ingress === wanted ? null : `has ingress ${String(ingress)} where the topology means ${wanted}`;
    }),
  },
  {
    name: "no-basic-or-wide-roles",
    covers: [
      ...["41", "42", "44", "45", "49", "115", "116", "117"].map(checkov),
      // Who may make accounts and who may act as them are never the same: nobody here may do either.
      ...["CIS 1.5", "CIS 1.6", "CIS 1.8"],
    ],
    check: eachResource(IAM_RESOURCE, ({ type, attributes }) => {
      const role = asText(attributes["role"]);
      const onProject = PROJECT_IAM.test(type);
      return firstProblem([
        [BASIC_ROLE.test(role), `grants the basic role ${role}: grant what is called, where it is called`],
        [ADMINISTRATION.test(role), `grants ${role}: no account of ours administrates`],
        [onProject && IMPERSONATION.test(role), `grants ${role} for the whole project: anyone could be impersonated`],
      ]);
    }),
  },
  {
    name: "grants-add-up",
    covers: [],
    check: eachResource(/_iam_(binding|policy)$/, () => "replaces the grants of others: use one iam_member a grant"),
  },
  {
    name: "own-accounts-only",
    covers: ["46", "47", "48"].map(checkov),
    check: (stack) => {
      const seen = new Set<string>();
      const accounts = eachResource(/^google_cloudfunctions2_function$/, ({ attributes }) => {
        const account = asText(at(attributes, "service_config", "service_account_email"));
        const builder = asText(at(attributes, "build_config", "service_account"));
        const problem = firstProblem([
          [account === "" || builder === "", "runs or is built as a default account: give it its own"],
          [seen.has(account), "shares its account with another function"],
        ]);
        seen.add(account);
        return problem;
      });
      const defaults = eachResource(/^google_/, ({ attributes }) =>
        DEFAULT_ACCOUNT.test(JSON.stringify(attributes)) ? "names a default account of Google's" : null,
      );
      return [...accounts(stack), ...defaults(stack)];
    },
  },
  {
    name: "no-long-lived-keys",
    covers: ["CKV2_GCP_3", "CIS 1.4"],
    check: eachResource(/^google_(service_account_key|storage_hmac_key|apikeys_key)$/, () => {
      return "is a key that lives until someone finds it: functions have their accounts, people have their own";
    }),
  },
  {
    name: "workload-identity-restricted",
    covers: ["118", "125"].map(checkov),
    check: eachResource(/^google_iam_workload_identity_pool_provider$/, ({ attributes }) =>
      asText(attributes["attribute_condition"]) === "" ? "takes tokens of every repository: set a condition" : null,
    ),
  },
];

function checkov(id: string): string {
  return id.startsWith("CKV") ? id : `CKV_GCP_${id}`;
}
