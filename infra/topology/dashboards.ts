import type { Dashboard } from "./dashboard.ts";
import { functionsDashboard } from "./functions-dashboard.ts";
import { pipelineDashboard } from "./pipeline-dashboard.ts";

export const dashboards: readonly Dashboard[] = [pipelineDashboard, functionsDashboard];
