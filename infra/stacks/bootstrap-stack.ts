import { ProjectIamAuditConfig } from "@cdktf/provider-google/lib/project-iam-audit-config/index.js";
import { ProjectService } from "@cdktf/provider-google/lib/project-service/index.js";
import {
  SecretManagerSecret,
  type SecretManagerSecretConfig,
} from "@cdktf/provider-google/lib/secret-manager-secret/index.js";
import { type ITerraformDependable, LocalBackend, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { KeyAccess } from "../constructs/key-access.ts";
import type { Platform } from "../constructs/platform.ts";
import { PrivateBucket } from "../constructs/private-bucket.ts";
import type { Environment } from "../environment.ts";
import { type SecretName, secretNames } from "../topology/functions.ts";
import { apiServices } from "./api-services.ts";
import { makePlatform, STATE_BUCKET } from "./make-platform.ts";

const SOFT_DELETE_DAYS = 30;
const STATE_VERSIONS = 50;
/** Who read or changed what is written down, for every service: customers' words and our keys are among them. */
const AUDITED = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];

/** What must be there before the pipeline: APIs, the bucket of Terraform's state, secrets that wait for their values. */
export class BootstrapStack extends TerraformStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, `${environment.name}-bootstrap`);
    // Local, because the bucket for state is made here; it holds no secret, and everything in it can be imported.
    new LocalBackend(this, { path: `../../../infra/bootstrap-state/${environment.name}.tfstate` });
    const platform = makePlatform(this, environment);
    const apis = enableApis(this, environment);
    const ready = [...apis, ...letAgentsEncrypt(this, platform, apis)];
    new PrivateBucket(this, "state", {
      platform,
      name: STATE_BUCKET,
      softDeleteDays: SOFT_DELETE_DAYS,
      precious: true,
      lifecycle: [
        { action: { type: "Delete" }, condition: { numNewerVersions: STATE_VERSIONS, withState: "ARCHIVED" } },
      ],
      dependsOn: ready,
    });
    const secrets = new Construct(this, "secrets");
    for (const name of secretNames) {
      new SecretManagerSecret(secrets, name, { ...secretConfig(name, platform), dependsOn: ready });
    }
    new ProjectIamAuditConfig(new Construct(this, "audit-logs"), "all", {
      project: environment.projectId,
      service: "allServices",
      auditLogConfig: AUDITED.map((logType) => ({ logType })),
      dependsOn: apis,
    });
  }
}

function enableApis(stack: Construct, environment: Environment): ProjectService[] {
  const { projectId } = environment;
  const scope = new Construct(stack, "apis");
  // Destroying the stack must not switch off an API that something else in the project uses.
  const disableOnDestroy = false;
  return apiServices(environment).map(
    (service) => new ProjectService(scope, service, { project: projectId, service, disableOnDestroy }),
  );
}

function letAgentsEncrypt(
  stack: Construct,
  platform: Platform,
  apis: ITerraformDependable[],
): readonly ITerraformDependable[] {
  const { kmsKey } = platform.environment;
  return kmsKey === undefined ? [] : new KeyAccess(stack, "key-access", { platform, kmsKey, apis }).grants;
}

/** A secret without a version: values are put in by hand or by command, and never pass through Terraform's state. */
function secretConfig(secretId: SecretName, { environment, place, labels }: Platform): SecretManagerSecretConfig {
  const { kmsKey } = environment;
  const encryption = kmsKey === undefined ? {} : { customerManagedEncryption: { kmsKeyName: kmsKey } };
  return {
    secretId,
    replication: { userManaged: { replicas: [{ location: place.region, ...encryption }] } },
    labels,
    lifecycle: { preventDestroy: true },
  };
}
