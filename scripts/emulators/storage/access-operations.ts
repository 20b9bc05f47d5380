import { z } from "zod";
import { denied, type Permits, policySchema } from "../rest/iam-policy.ts";
import { type Call, type Operation, ok, withBody } from "../rest/operation.ts";
import { BUCKET_PATH, bucketResource, READ_PARAMETERS } from "./bucket-operations.ts";
import type { StorageState } from "./storage-state.ts";

const changeSchema = z.strictObject({
  iamConfiguration: z.strictObject({ publicAccessPrevention: z.enum(["enforced", "inherited"]) }),
});
const bucketPolicySchema = policySchema.extend({ kind: z.string().optional(), resourceId: z.string().optional() });

export interface AccessOptions {
  readonly permits: Permits;
  readonly projectNumber: string;
}

/** Who may use a bucket, whether it can be made public, and the account that publishes its notifications. */
export function accessOperations({ permits, projectNumber }: AccessOptions): readonly Operation<StorageState>[] {
  const screen = ({ principal, params }: Call, permission: string): void => {
    if (!permits(principal, permission)) throw denied(permission, params["bucket"] ?? params["project"] ?? "");
  };
  const path = `${BUCKET_PATH}/iam`;
  return [
    {
      ...{ name: "buckets.getIamPolicy", method: "GET", path, serviceAccounts: true },
      query: ["optionsRequestedPolicyVersion", "userProject"],
      run(call, state) {
        screen(call, "storage.buckets.getIamPolicy");
        const { policy, name } = state.bucket(call.params["bucket"] ?? "");
        const version = Number(call.query.get("optionsRequestedPolicyVersion") ?? 1);
        return ok({ kind: "storage#policy", resourceId: `projects/_/buckets/${name}`, ...policy.show(version) });
      },
    },
    {
      ...{ name: "buckets.setIamPolicy", method: "PUT", path, query: ["userProject"], serviceAccounts: true },
      ...withBody<StorageState, typeof bucketPolicySchema>(bucketPolicySchema, (policy, call, state) => {
        screen(call, "storage.buckets.setIamPolicy");
        const bucket = state.bucket(call.params["bucket"] ?? "");
        bucket.policy.replace(policy);
        return ok({ kind: "storage#policy", ...bucket.policy.show(3) });
      }),
    },
    {
      ...{ name: "buckets.patch", method: "PATCH", path: BUCKET_PATH, query: READ_PARAMETERS, serviceAccounts: true },
      ...withBody<StorageState, typeof changeSchema>(changeSchema, ({ iamConfiguration }, call, state) => {
        screen(call, "storage.buckets.update");
        const bucket = state.bucket(call.params["bucket"] ?? "");
        bucket.publicAccessPrevention = iamConfiguration.publicAccessPrevention;
        return ok(bucketResource(bucket, call.url.origin));
      }),
    },
    {
      ...{ name: "projects.serviceAccount.get", method: "GET", path: "/storage/v1/projects/:project/serviceAccount" },
      ...{ query: ["userProject"], serviceAccounts: true },
      run(call) {
        screen(call, "resourcemanager.projects.get");
        const address = `service-${projectNumber}@gs-project-accounts.iam.gserviceaccount.com`;
        return ok({ kind: "storage#serviceAccount", email_address: address });
      },
    },
  ];
}
