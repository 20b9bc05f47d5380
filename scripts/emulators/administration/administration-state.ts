import type { EmulatorClock } from "../rest/emulator.ts";
import { GoogleError } from "../rest/errors.ts";
import { type Binding, PolicyHolder } from "../rest/iam-policy.ts";

export interface ServiceAccount {
  readonly email: string;
  disabled: boolean;
}

export interface CustomRole {
  readonly title: string;
  includedPermissions: readonly string[];
  deleted: boolean;
}

/** Cloud Functions v2 and the Cloud Run service behind it, in the words of their APIs. */
export interface DeployedFunction {
  state: "ACTIVE" | "FAILED" | "DEPLOYING" | "DELETING" | "UNKNOWN";
  runtime: string;
  /** Every address the service answers on. */
  urls: readonly string[];
  serviceAccountEmail: string;
  ingressSettings: "ALLOW_ALL" | "ALLOW_INTERNAL_ONLY" | "ALLOW_INTERNAL_AND_GCLB";
  environmentVariables: Readonly<Record<string, string>>;
  secretEnvironmentVariables: readonly { key: string; projectId: string; secret: string; version: string }[];
  /** Cloud Run then lets anybody call, whatever the policy says. */
  invokerIamDisabled: boolean;
}

export interface Job {
  readonly schedule: string;
  readonly timeZone: string;
  readonly uri: string;
  readonly serviceAccountEmail: string;
  readonly audience: string;
  state: "ENABLED" | "PAUSED" | "DISABLED" | "UPDATE_FAILED";
  /** google.rpc.Code of the last attempt; null before the first. */
  lastAttempt: { readonly at: Date; readonly code: number } | null;
}

/** What a deployment makes; a reset brings it back. */
export interface Installation {
  readonly projectId: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly enabledApis: readonly string[];
  readonly projectBindings: readonly Binding[];
  /** E-mail -> who may act as the account. */
  readonly accounts: Readonly<Record<string, readonly Binding[]>>;
  /** Role id -> permissions. */
  readonly roles: Readonly<Record<string, { readonly title: string; readonly permissions: readonly string[] }>>;
  readonly functions: Readonly<Record<string, DeployedFunction & { readonly bindings: readonly Binding[] }>>;
  readonly jobs: Readonly<Record<string, Omit<Job, "state" | "lastAttempt">>>;
}

export interface AdministrationOptions {
  readonly installation: Installation;
  readonly clock: EmulatorClock;
}

/** One project as its administrators see it. */
export class AdministrationState {
  installation: Installation;
  readonly clock: EmulatorClock;
  /** Called when somebody runs a job by hand. */
  onRun: (job: string) => void = () => undefined;
  readonly enabledApis = new Set<string>();
  readonly policies = new Map<string, PolicyHolder>();
  readonly accounts = new Map<string, ServiceAccount>();
  readonly roles = new Map<string, CustomRole>();
  readonly functions = new Map<string, DeployedFunction>();
  readonly jobs = new Map<string, Job>();

  constructor({ installation, clock }: AdministrationOptions) {
    this.installation = installation;
    this.clock = clock;
    this.deploy();
  }

  /** Makes everything as it was installed. */
  deploy(): void {
    const { projectId, region, enabledApis, projectBindings, accounts, roles, functions, jobs } = this.installation;
    for (const all of [this.enabledApis, this.policies, this.accounts, this.roles, this.functions, this.jobs]) {
      all.clear();
    }
    for (const api of enabledApis) this.enabledApis.add(api);
    this.policies.set(`projects/${projectId}`, new PolicyHolder(projectBindings));
    for (const [email, bindings] of Object.entries(accounts)) {
      this.accounts.set(email, { email, disabled: false });
      this.policies.set(`projects/${projectId}/serviceAccounts/${email}`, new PolicyHolder(bindings));
    }
    for (const [id, { title, permissions }] of Object.entries(roles)) {
      this.roles.set(id, { title, includedPermissions: permissions, deleted: false });
    }
    for (const [name, { bindings, ...deployed }] of Object.entries(functions)) {
      this.functions.set(name, { ...deployed });
      this.policies.set(`projects/${projectId}/locations/${region}/services/${name}`, new PolicyHolder(bindings));
    }
    for (const [name, job] of Object.entries(jobs))
      this.jobs.set(name, { ...job, state: "ENABLED", lastAttempt: null });
  }

  policy(resource: string): PolicyHolder {
    return found(this.policies.get(resource), resource);
  }
}

/** 404 in the words of most of these APIs. */
export function found<Value>(value: Value | undefined, resource: string): Value {
  if (value !== undefined) return value;
  throw new GoogleError(404, "notFound", `Resource '${resource}' was not found`, "NOT_FOUND");
}
