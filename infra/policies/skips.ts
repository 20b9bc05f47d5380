import type { Environment } from "../environment.ts";

/** A finding that we know of and want. One that matches nothing is itself a failure. */
export interface Skip {
  readonly policy: string;
  /** The end of the construct's path, or "*". */
  readonly path: string;
  readonly reason: string;
  readonly when?: (environment: Environment) => boolean;
}

export const skips: readonly Skip[] = [
  {
    policy: "customer-managed-keys",
    path: "*",
    reason: "Google encrypts everything at rest; an environment that names a kmsKey has its own key everywhere",
    when: ({ kmsKey }) => kmsKey === undefined,
  },
  {
    policy: "bucket-access-is-logged",
    path: "*",
    reason: "data access audit logs of Cloud Storage are on, say who did it, and need no bucket of their own",
  },
];

/** Rules of the benchmarks about things that these stacks do not have. */
export const notApplicable: readonly { readonly ids: readonly string[]; readonly reason: string }[] = [
  {
    ids: ["CKV2_GCP_4", "CIS 2.2", "CIS 2.3"],
    reason: "no sink and no log bucket of ours: logs stay in the project's _Default bucket with its own retention",
  },
];
