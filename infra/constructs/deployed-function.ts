import { CloudRunV2ServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js";
import {
  Cloudfunctions2Function,
  type Cloudfunctions2FunctionServiceConfig,
} from "@cdktf/provider-google/lib/cloudfunctions2-function/index.js";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { StorageBucketObject } from "@cdktf/provider-google/lib/storage-bucket-object/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Bundle, zipName } from "../bundles/bundles.ts";
import type { DeployedFunction as FunctionTopology } from "../topology/functions.ts";
import type { FunctionBuild } from "./function-build.ts";
import { functionEnvironment } from "./function-environment.ts";
import { accountName, functionUrl, type Platform } from "./platform.ts";

export interface DeployedFunctionConfig {
  readonly platform: Platform;
  readonly fn: FunctionTopology;
  readonly bundle: Bundle;
  readonly build: FunctionBuild;
  /** Accounts whose signed calls the function accepts. */
  readonly callers: readonly ServiceAccount[];
  /** Full name of the connector through which everything goes out; undefined: Google's shared addresses. */
  readonly connector: string | undefined;
}

/** From the folder of the stack to the archives beside all stacks. */
const BUNDLE_FOLDER = "../../bundles";

/** A second generation function with an account of its own, reachable by its callers and by nobody else. */
export class DeployedFunction extends Construct {
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly account: ServiceAccount;
  readonly function: Cloudfunctions2Function;
  /** Once these exist, calls arrive. */
  readonly callable: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, config: DeployedFunctionConfig) {
    super(scope, id);
    const { platform, fn } = config;
    this.url = functionUrl(platform, fn.name);
    this.timeoutSeconds = fn.timeoutSeconds;
    this.account = new ServiceAccount(this, "account", { accountId: fn.name, displayName: `Function ${fn.name}` });
    const secrets = this.#grantSecrets(fn);
    this.function = this.#makeFunction(config, secrets);
    this.callable = this.#grantInvocation(config);
  }

  #grantSecrets(fn: FunctionTopology): ITerraformDependable[] {
    const scope = new Construct(this, "secrets");
    const names = new Set([...fn.secrets.map(({ secret }) => secret), ...(fn.readsSecrets ?? [])]);
    const role = "roles/secretmanager.secretAccessor";
    const { member } = this.account;
    return [...names].map((secretId) => new SecretManagerSecretIamMember(scope, secretId, { secretId, role, member }));
  }

  #makeFunction(config: DeployedFunctionConfig, secrets: ITerraformDependable[]): Cloudfunctions2Function {
    const { platform, fn, build } = config;
    return new Cloudfunctions2Function(this, "function", {
      name: fn.name,
      location: platform.place.region,
      labels: platform.labels,
      buildConfig: {
        runtime: "nodejs24",
        entryPoint: fn.name,
        serviceAccount: accountName(platform, build.builder),
        dockerRepository: build.repositoryName,
        source: { storageSource: { bucket: build.bundles.name, object: this.#upload(config).name } },
      },
      serviceConfig: this.#serviceConfig(config),
      ...(platform.environment.kmsKey !== undefined && { kmsKeyName: platform.environment.kmsKey }),
      dependsOn: [...secrets, ...build.grants],
    });
  }

  /** Named after its content: a function that did not change keeps its object, and is not deployed again. */
  #upload({ bundle, build, fn }: DeployedFunctionConfig): StorageBucketObject {
    return new StorageBucketObject(this, "bundle", {
      bucket: build.bundles.name,
      name: `${fn.name}/${bundle.hash}.zip`,
      source: `${BUNDLE_FOLDER}/${zipName(bundle)}`,
      contentType: "application/zip",
      // The code cache inside differs from build to build; the name says whether anything that matters did.
      lifecycle: { createBeforeDestroy: true, ignoreChanges: ["source", "detect_md5hash"] },
    });
  }

  #serviceConfig({ platform, fn, callers, connector }: DeployedFunctionConfig): Cloudfunctions2FunctionServiceConfig {
    const { environment } = platform;
    const warm: Readonly<Record<string, number>> = environment.minInstances;
    return {
      serviceAccountEmail: this.account.email,
      availableMemory: `${fn.memoryMiB}Mi`,
      // Less than a whole CPU allows one request at a time.
      availableCpu: "1",
      timeoutSeconds: fn.timeoutSeconds,
      maxInstanceRequestConcurrency: fn.concurrency,
      minInstanceCount: warm[fn.name] ?? 0,
      maxInstanceCount: fn.maxInstances,
      ingressSettings: fn.trigger.kind === "public" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY",
      allTrafficOnLatestRevision: true,
      environmentVariables: functionEnvironment(
        platform,
        fn,
        callers.map(({ email }) => email),
      ),
      secretEnvironmentVariables: fn.secrets.map(({ env, secret }) => ({
        key: env,
        projectId: environment.projectId,
        secret,
        version: platform.secretVersion(secret),
      })),
      ...(connector !== undefined && { vpcConnector: connector, vpcConnectorEgressSettings: "ALL_TRAFFIC" }),
    };
  }

  #grantInvocation({ platform, fn, callers }: DeployedFunctionConfig): ITerraformDependable[] {
    const scope = new Construct(this, "callers");
    const members =
      fn.trigger.kind === "public"
        ? [["everyone", "allUsers"] as const]
        : callers.map((caller) => [caller.node.id, caller.member] as const);
    return members.map(
      ([id, member]) =>
        new CloudRunV2ServiceIamMember(scope, id, {
          name: this.function.name,
          location: platform.place.region,
          role: "roles/run.invoker",
          member,
        }),
    );
  }
}
