import { CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job/index.js";
import { Construct } from "constructs";
import type { Schedule } from "../topology/schedules.ts";
import type { DeployedFunction } from "./deployed-function.ts";
import type { Platform } from "./platform.ts";

export interface ScheduledCallConfig {
  readonly platform: Platform;
  readonly schedule: Schedule;
  readonly target: DeployedFunction;
  /** E-mail of the account that signs the calls. */
  readonly schedulerIdentity: string;
}

/** A signed POST to a function at the schedule's times. */
export class ScheduledCall extends Construct {
  constructor(scope: Construct, id: string, config: ScheduledCallConfig) {
    super(scope, id);
    const { platform, schedule, target, schedulerIdentity } = config;
    new CloudSchedulerJob(this, "job", {
      name: schedule.name,
      region: platform.place.region,
      schedule: schedule.cron,
      timeZone: "Etc/UTC",
      attemptDeadline: `${target.timeoutSeconds}s`,
      // The next run is the retry.
      retryConfig: { retryCount: 0 },
      httpTarget: {
        uri: `${target.url}${schedule.path}`,
        httpMethod: "POST",
        oidcToken: { serviceAccountEmail: schedulerIdentity, audience: target.url },
      },
      dependsOn: [...target.callable],
    });
  }
}
