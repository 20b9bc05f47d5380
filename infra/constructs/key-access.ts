import { DataGoogleStorageProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-project-service-account/index.js";
import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { serviceAgents } from "../topology/service-agents.ts";
import { type Platform, serviceAgent } from "./platform.ts";

export interface KeyAccessConfig {
  readonly platform: Platform;
  readonly kmsKey: string;
  /** The enabled APIs: before them there are no agents. */
  readonly apis: ITerraformDependable[];
}

/** Lets Google's agents, and nobody else, encrypt and decrypt with the environment's key. */
export class KeyAccess extends Construct {
  /** Whatever the key encrypts is made after these. */
  readonly grants: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, { platform, kmsKey, apis }: KeyAccessConfig) {
    super(scope, id);
    const { projectId } = platform.environment;
    // Cloud Storage's agent is made by being asked for.
    const storage = new DataGoogleStorageProjectServiceAccount(this, "storage-agent", {
      project: projectId,
      dependsOn: apis,
    });
    this.grants = serviceAgents.map(
      ({ name }) =>
        new KmsCryptoKeyIamMember(this, name, {
          cryptoKeyId: kmsKey,
          role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
          member: serviceAgent(platform, name),
          dependsOn: [...apis, storage],
        }),
    );
  }
}
