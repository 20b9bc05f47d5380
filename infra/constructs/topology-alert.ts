import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
} from "@cdktf/provider-google/lib/monitoring-alert-policy/index.js";
import { Construct } from "constructs";
import type { Environment } from "../environment.ts";
import type { Alert, Condition } from "../topology/alert.ts";
import type { AlertMail } from "./alert-mail.ts";
import type { Platform } from "./platform.ts";
import { promql } from "./promql.ts";

export interface TopologyAlertConfig {
  readonly platform: Platform;
  readonly alert: Alert;
  readonly mails: readonly AlertMail[];
}

/** The numbers are a minute old at best; looking more often finds nothing more and is paid for. */
const EVERY = "60s";
/** An incident whose metric has gone silent closes after this; the longest silence of a healthy metric is an hour. */
const AUTO_CLOSE = "86400s";

/** Tells the operators of an alert of the topology: what it means, its page, and the command that helps. */
export class TopologyAlert extends Construct {
  readonly policy: MonitoringAlertPolicy;

  constructor(scope: Construct, id: string, { platform, alert, mails }: TopologyAlertConfig) {
    super(scope, id);
    const title = `Booking Insights ${platform.environment.name}: ${alert.title}`;
    this.policy = new MonitoringAlertPolicy(this, "policy", {
      displayName: title,
      combiner: "OR",
      severity: alert.severity,
      conditions: alert.conditions.map((condition) => conditionOf(condition, platform.environment)),
      notificationChannels: mails.map(({ channel }) => channel.id),
      documentation: { subject: title, content: documentation(alert), mimeType: "text/markdown" },
      alertStrategy: { autoClose: AUTO_CLOSE, notificationPrompts: ["OPENED", "CLOSED"] },
      userLabels: platform.labels,
    });
  }
}

/**
 * PromQL and not a threshold condition: that one is refused for some ten minutes after its log-based metric was made, so
 * that the first apply of every installation would fail (github.com/hashicorp/terraform-provider-google/issues/11102).
 */
function conditionOf(condition: Condition, environment: Environment): MonitoringAlertPolicyConditions {
  return {
    displayName: condition.says,
    conditionPrometheusQueryLanguage: {
      query: comparison(condition, environment),
      duration: `${condition.forSeconds}s`,
      evaluationInterval: EVERY,
      disableMetricValidation: true,
    },
  };
}

function comparison({ signal, is, than, unlessSetBy }: Condition, environment: Environment): string {
  const limit = (unlessSetBy && environment[unlessSetBy]) ?? than;
  const value = promql(signal);
  // Without any line the sum is not 0 but nothing, and nothing is never below a threshold.
  return is === "<" ? `(${value} or vector(0)) < ${limit}` : `(${value}) ${is} ${limit}`;
}

const documentation = ({ name, means, command, conditions }: Alert): string =>
  [
    means,
    `It is told when ${conditions.map(({ says }) => says).join("; or when ")}.`,
    `Runbook: docs/runbooks/${name}.md`,
    `First: \`${command}\``,
  ].join("\n\n");
