import { describe, expect, it } from "vitest";
import { promql, promqlName } from "./constructs/promql.ts";
import { at } from "./policies/policy.ts";
import { ofType, resolve, synthesizeOne, testEnvironment } from "./testing/synthesized.ts";
import { alerts } from "./topology/alerts.ts";
import { logMetrics } from "./topology/metrics.ts";
import type { Signal } from "./topology/signals.ts";
import { thresholds } from "./topology/thresholds.ts";

const pipeline = resolve(synthesizeOne(testEnvironment({ alertEmails: ["a@example.com", "b@example.com"] })).pipeline);
const policies = ofType(pipeline, "google_monitoring_alert_policy");
const policyOf = (name: string, stack = pipeline) =>
  ofType(stack, "google_monitoring_alert_policy").find(({ path }) => path.split("/")[2] === name)!.attributes;
const queriesOf = (attributes: object): string[] =>
  (at(attributes, "conditions") as object[]).map((condition) =>
    String(at(condition, "condition_prometheus_query_language", "query")),
  );
const boards = ofType(pipeline, "google_monitoring_dashboard").map(({ attributes }) =>
  String(attributes["dashboard_json"]),
);
const charts = boards.flatMap((text) => [...text.matchAll(/"prometheusQuery":("(?:[^"\\]|\\.)*")/g)]);
const queries = [
  ...policies.flatMap(({ attributes }) => queriesOf(attributes)),
  ...charts.map(([, text]) => JSON.parse(text!) as string),
];

describe.each(alerts.map((alert) => alert))("alert $name", (alert) => {
  const policy = policyOf(alert.name);

  it("says in the mail what it means, which page tells more, and which command helps", () => {
    const content = String(at(policy, "documentation", "content"));

    for (const text of [alert.means, `docs/runbooks/${alert.name}.md`, alert.command]) expect(content).toContain(text);
    expect(policy["severity"]).toBe(alert.severity);
    expect(at(policy, "documentation", "subject")).toContain("test");
  });

  it("tells every address of the environment, when it opens and when it is over", () => {
    const channels = ofType(pipeline, "google_monitoring_notification_channel");

    expect(channels.map(({ attributes }) => at(attributes, "labels", "email_address"))).toEqual([
      "a@example.com",
      "b@example.com",
    ]);
    expect(policy["notification_channels"]).toHaveLength(2);
    expect(at(policy, "alert_strategy", "notification_prompts")).toEqual(["OPENED", "CLOSED"]);
  });

  it("compares each of its signals with its threshold, and may be made before its metric has a value", () => {
    const found = queriesOf(policy);

    expect(found).toHaveLength(alert.conditions.length);
    for (const [index, { signal, is, than }] of alert.conditions.entries()) {
      expect(found[index]).toContain(promql(signal));
      expect(found[index]!.endsWith(` ${is} ${than}`)).toBe(true);
    }
    for (const condition of policy["conditions"] as object[]) {
      expect(at(condition, "condition_prometheus_query_language", "disable_metric_validation")).toBe(true);
    }
  });
});

describe("queries", () => {
  it("name metrics as PromQL for Cloud Monitoring does", () => {
    // The examples of cloud.google.com/monitoring/promql/promql-mapping.
    expect(promqlName("kubernetes.io/container/cpu/limit_cores")).toBe("kubernetes_io:container_cpu_limit_cores");
    expect(promqlName("logging.googleapis.com/log_entry_count")).toBe("logging_googleapis_com:log_entry_count");
    expect(promqlName("custom.googleapis.com/opencensus/opencensus.io/http/server/request_count_by_method")).toBe(
      "custom_googleapis_com:opencensus_opencensus_io_http_server_request_count_by_method",
    );
  });

  it("use every log-based metric, and none that is not there", () => {
    const used = queries.flatMap((query) => [...query.matchAll(/logging_googleapis_com:user_(\w+)\{/g)]);
    const names = used.map(([, name]) => name!);
    const known = logMetrics.map(({ name }) => name);
    const plain = names.map((name) => (known.includes(name) ? name : name.replace(/_(sum|count)$/, "")));

    expect([...new Set(plain)].sort()).toEqual([...known].sort());
  });

  it("say which kind of resource they read, and close what they open", () => {
    for (const query of queries) {
      const selectors = [...query.matchAll(/\{([^}]*)\}/g)];
      expect(selectors.length).toBeGreaterThan(0);
      for (const [, labels] of selectors) expect(labels).toMatch(/^monitored_resource="[a-z_]+"/);
      expect(query.split("(").length).toBe(query.split(")").length);
    }
  });

  it.each<readonly [string, Signal, string]>([
    [
      "a number of the status line is its mean over two runs",
      { kind: "status", measure: "outboxDead" },
      'sum(increase(logging_googleapis_com:user_pipeline_outbox_dead_sum{monitored_resource="cloud_run_revision"}[600s])) / ' +
        'sum(increase(logging_googleapis_com:user_pipeline_outbox_dead_count{monitored_resource="cloud_run_revision"}[600s]))',
    ],
    [
      "a share is nothing where there is little",
      {
        ...{ kind: "share", metric: "run.googleapis.com/request_count", resource: "cloud_run_revision" },
        ...{ of: { response_code_class: ["5xx"] }, by: "service_name", atLeast: 10, windowSeconds: 60 },
      },
      '(sum by (service_name) (increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",response_code_class=~"5xx"}[60s])) / ' +
        'sum by (service_name) (increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision"}[60s]))) and ' +
        '(sum by (service_name) (increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",response_code_class=~"5xx"}[60s])) >= 10)',
    ],
  ])("%s", (_what, signal, query) => {
    expect(promql(signal)).toBe(query);
  });

  it("silence is below a threshold too", () => {
    expect(queriesOf(policyOf("watch-silent"))[0]).toMatch(/^\(sum\(.*\) or vector\(0\)\) < 1$/);
  });
});

it("an environment's own limit for Speech is in its alert and on its chart", () => {
  const own = resolve(synthesizeOne(testEnvironment({ speechMinutesPerDay: 77 })).pipeline);
  const limitsOf = (text: string) =>
    [...text.matchAll(/"thresholds":\[\{"value":(\d+)\}\]/g)].map(([, value]) => value);

  expect(queriesOf(policyOf("speech-spend", own))[0]).toMatch(/ > 77$/);
  expect(queriesOf(policyOf("speech-spend"))[0]).toMatch(new RegExp(` > ${thresholds.speechMinutesPerDay}$`));
  expect(
    ofType(own, "google_monitoring_dashboard").flatMap(({ attributes }) =>
      limitsOf(String(attributes["dashboard_json"])),
    ),
  ).toContain("77");
});

describe.each(boards.map((text) => [JSON.parse(text).displayName as string, text]))("dashboard %s", (_name, text) => {
  interface Placed {
    readonly xPos?: number;
    readonly yPos?: number;
    readonly width: number;
    readonly height: number;
    readonly widget: { readonly title: string };
  }
  const { columns, tiles } = JSON.parse(text).mosaicLayout as { columns: number; tiles: readonly Placed[] };
  const boxes = tiles.map(({ xPos = 0, yPos = 0, width, height }) => ({
    xPos,
    yPos,
    right: xPos + width,
    low: yPos + height,
  }));

  it("has no two tiles in one place, and none outside", () => {
    for (const [index, one] of boxes.entries()) {
      expect(one.right).toBeLessThanOrEqual(columns);
      for (const other of boxes.slice(index + 1)) {
        const apart =
          one.right <= other.xPos || other.right <= one.xPos || one.low <= other.yPos || other.low <= one.yPos;
        expect(apart).toBe(true);
      }
    }
  });

  it("says nothing that the API would leave out, which would be a change in every plan", () => {
    expect(text).not.toMatch(/"(xPos|yPos)":0|:(\{\}|\[\]|false|"")/);
  });

  it("has nothing in it that Terraform would take for an expression, but for references", () => {
    expect(text.replaceAll(/\$\{google_monitoring_alert_policy\.[\w-]+\.name\}/g, "")).not.toMatch(/[$%]\{/);
  });
});
