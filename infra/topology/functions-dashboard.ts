import type { Dashboard, Section } from "./dashboard.ts";
import { functions } from "./functions.ts";
import type { Where } from "./signals.ts";
import { thresholds } from "./thresholds.ts";

const HOUR = 3_600;
const ours: Where = { service_name: functions.map(({ name }) => name) };
const FUNCTION = { resource: "cloud_run_revision", by: "service_name", where: ours } as const;

const work: Section = {
  title: "Functions",
  subtitle: "503 is how a function asks for another try: it is not a fault by itself",
  tiles: [
    {
      kind: "chart",
      title: "Requests an hour",
      stacked: true,
      series: {
        "by function": {
          kind: "growth",
          metric: "run.googleapis.com/request_count",
          ...FUNCTION,
          windowSeconds: HOUR,
        },
      },
    },
    {
      kind: "chart",
      title: "Answered with 5xx an hour",
      stacked: true,
      series: {
        "by function": {
          ...{ kind: "growth", metric: "run.googleapis.com/request_count", ...FUNCTION, windowSeconds: HOUR },
          where: { ...ours, response_code_class: ["5xx"] },
        },
      },
    },
    {
      kind: "chart",
      title: "Time to answer, 95th percentile (ms)",
      series: {
        "by function": {
          ...{ kind: "percentile", percentile: 0.95, metric: "run.googleapis.com/request_latencies" },
          ...{ ...FUNCTION, windowSeconds: HOUR },
        },
      },
    },
    {
      kind: "chart",
      title: "Instances",
      series: {
        "by function": { kind: "highest", metric: "run.googleapis.com/container/instance_count", ...FUNCTION },
      },
    },
  ],
};

const cost: Section = {
  title: "Cost",
  subtitle: "What is paid for; npm run ops -- cost puts prices to it",
  tiles: [
    {
      kind: "chart",
      title: "Audio given to Speech within a day (min)",
      series: { minutes: { kind: "status", measure: "speechMinutesLastDay" } },
      limit: thresholds.speechMinutesPerDay,
      unlessSetBy: "speechMinutesPerDay",
    },
    {
      kind: "chart",
      title: "Calls of Google's APIs an hour",
      stacked: true,
      series: {
        "by API": {
          ...{ kind: "growth", metric: "serviceruntime.googleapis.com/api/request_count" },
          ...{ resource: "consumed_api", by: "service", windowSeconds: HOUR },
        },
      },
    },
    {
      kind: "chart",
      title: "Paid instance time an hour (s)",
      stacked: true,
      series: {
        "by function": {
          ...{ kind: "growth", metric: "run.googleapis.com/container/billable_instance_time", ...FUNCTION },
          windowSeconds: HOUR,
        },
      },
    },
    {
      kind: "chart",
      title: "Stored in buckets (bytes)",
      series: {
        "by bucket": {
          ...{ kind: "highest", metric: "storage.googleapis.com/storage/v2/total_bytes" },
          ...{ resource: "gcs_bucket", by: "bucket_name" },
        },
      },
    },
  ],
};

/** What the functions do, and what is paid for it. */
export const functionsDashboard: Dashboard = {
  name: "functions-and-cost",
  title: "Functions and cost",
  sections: [work, cost],
};
