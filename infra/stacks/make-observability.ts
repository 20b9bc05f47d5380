import { Construct } from "constructs";
import { AlertMail } from "../constructs/alert-mail.ts";
import { CountedLines } from "../constructs/counted-lines.ts";
import type { Platform } from "../constructs/platform.ts";
import { TopologyAlert } from "../constructs/topology-alert.ts";
import { TopologyDashboard } from "../constructs/topology-dashboard.ts";
import { alerts } from "../topology/alerts.ts";
import { dashboards } from "../topology/dashboards.ts";
import { logMetrics } from "../topology/metrics.ts";
import { makeBudget } from "./make-budget.ts";

/** What operators see and are told: metrics of the log lines, alerts with their addressees, dashboards, a budget. */
export function makeObservability(stack: Construct, platform: Platform): void {
  const metrics = new Construct(stack, "metrics");
  for (const metric of logMetrics) new CountedLines(metrics, metric.name, metric);
  const addresses = new Construct(stack, "alert-mail");
  const mails = platform.environment.alertEmails.map(
    (address) => new AlertMail(addresses, address, { address, platform }),
  );
  makeBudget(stack, platform, mails);
  const policies = new Construct(stack, "alerts");
  const made = alerts.map((alert) => new TopologyAlert(policies, alert.name, { platform, alert, mails }));
  const boards = new Construct(stack, "dashboards");
  for (const dashboard of dashboards) {
    new TopologyDashboard(boards, dashboard.name, { platform, dashboard, alerts: made });
  }
}
