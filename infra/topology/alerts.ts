import type { Alert } from "./alert.ts";
import { pipelineAlerts } from "./pipeline-alerts.ts";
import { runtimeAlerts } from "./runtime-alerts.ts";

/** Every alert; each has its page in docs/runbooks. */
export const alerts: readonly Alert[] = [...pipelineAlerts, ...runtimeAlerts];
