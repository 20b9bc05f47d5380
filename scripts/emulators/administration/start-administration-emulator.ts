import { z } from "zod";
import type { Emulator, EmulatorClock, TokenAuthority } from "../rest/emulator.ts";
import type { Permits } from "../rest/iam-policy.ts";
import { type Operation, ok, withBody } from "../rest/operation.ts";
import { type RestServer, startRestServer } from "../rest/server.ts";
import { AdministrationState, found, type Installation } from "./administration-state.ts";
import { functionOperations } from "./function-operations.ts";
import { identityOperations } from "./identity-operations.ts";
import { holds } from "./permitted.ts";
import { projectOperations } from "./project-operations.ts";
import { scheduleOperations } from "./schedule-operations.ts";

export interface AdministrationEmulatorOptions {
  readonly port?: number;
  readonly authority: TokenAuthority;
  readonly clock: EmulatorClock;
  readonly installation: Installation;
}

export interface AdministrationEmulator extends Emulator, Pick<RestServer, "faults" | "calls"> {
  /** For the other emulators of the project: whether its policy lets somebody do something. */
  readonly permits: Permits;
  /** Replaces everything that was deployed. */
  install(installation: Installation): void;
  /** Tells whenever somebody runs a job by hand. */
  onRun(run: (job: string) => void): void;
  /** False while the job is paused. */
  isEnabled(job: string): boolean;
  /** What came of a scheduled call: a google.rpc.Code, 0 when all went well. */
  recordAttempt(job: string, code: number): void;
}

/** Service Usage, Resource Manager, IAM, Cloud Functions, Cloud Run and Cloud Scheduler of one project, on one port. */
export async function startAdministrationEmulator(
  options: AdministrationEmulatorOptions,
): Promise<AdministrationEmulator> {
  const { authority, clock } = options;
  const state = new AdministrationState(options);
  const server = await startRestServer<AdministrationState>({
    name: "administration",
    port: options.port ?? 0,
    operations: [...projectOperations, ...identityOperations, ...functionOperations, ...scheduleOperations],
    control: controlOperations,
    state,
    authority,
    clock,
    errorShape: "rpc",
    onReset: () => state.deploy(),
  });
  return {
    ...server,
    permits: (principal, permission) => holds(principal, permission, state),
    install: (installation) => {
      state.installation = installation;
      state.deploy();
    },
    onRun: (run) => {
      state.onRun = run;
    },
    isEnabled: (job) => state.jobs.get(job)?.state === "ENABLED",
    recordAttempt: (job, code) => {
      const attempted = state.jobs.get(job);
      if (attempted !== undefined) attempted.lastAttempt = { at: clock.now(), code };
    },
  };
}

const functionChange = z.strictObject({
  state: z.enum(["ACTIVE", "FAILED", "DEPLOYING", "DELETING", "UNKNOWN"]).optional(),
  runtime: z.string().optional(),
  serviceAccountEmail: z.string().optional(),
  ingressSettings: z.enum(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"]).optional(),
  invokerIamDisabled: z.boolean().optional(),
  /** Version by the variable it is bound to. */
  secretVersions: z.record(z.string(), z.string()).optional(),
  /** Merged; null removes one. */
  environmentVariables: z.record(z.string(), z.string().nullable()).optional(),
});

/** What only a deployment does: it is not asked for through these APIs here. */
const controlOperations: readonly Operation<AdministrationState>[] = [
  {
    ...{
      name: "control.changeFunction",
      method: "PATCH",
      path: "/emulator/functions/:name",
      query: [],
      anonymous: true,
    },
    ...withBody<AdministrationState, typeof functionChange>(functionChange, (change, { params }, state) => {
      const name = params["name"] ?? "";
      const deployed = found(state.functions.get(name), name);
      const merged = { ...deployed.environmentVariables, ...change.environmentVariables };
      const environmentVariables = Object.fromEntries(
        Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
      );
      const { secretVersions = {}, ...fields } = change;
      const secretEnvironmentVariables = deployed.secretEnvironmentVariables.map((bound) => ({
        ...bound,
        version: secretVersions[bound.key] ?? bound.version,
      }));
      Object.assign(deployed, fields, { environmentVariables, secretEnvironmentVariables });
      return ok({});
    }),
  },
  {
    ...{
      name: "control.removeFunction",
      method: "DELETE",
      path: "/emulator/functions/:name",
      query: [],
      anonymous: true,
    },
    run: ({ params }, state) => ok({ removed: state.functions.delete(params["name"] ?? "") }),
  },
  {
    ...{ name: "control.deploy", method: "POST", path: "/emulator/deploy", query: [], anonymous: true },
    run: (_call, state) => {
      state.deploy();
      return ok({});
    },
  },
];
