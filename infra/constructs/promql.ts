import { type LogMetric, statusMetricName } from "../topology/metrics.ts";
import { schedules } from "../topology/schedules.ts";
import type { GoogleMetric, Signal, Where } from "../topology/signals.ts";

/** Where the functions' log-based metrics are read from; a name alone may stand for several types of resource. */
const FUNCTIONS = "cloud_run_revision";

/**
 * Cloud Monitoring's name of a metric as PromQL knows it: the first slash becomes a colon, every other special character
 * an underscore (cloud.google.com/monitoring/promql/promql-mapping).
 */
export function promqlName(metric: string): string {
  const [domain = "", ...path] = metric.split("/");
  return [domain, path.join("/")].map((part) => part.replaceAll(/[^A-Za-z0-9]/g, "_")).join(":");
}

const logMetric = (name: LogMetric["name"]): string => promqlName(`logging.googleapis.com/user/${name}`);

function selector(name: string, resource: string, where: Where = {}): string {
  const labels = Object.entries(where).map(([label, values]) => `${label}=~"${values.join("|")}"`);
  return `${name}{${[`monitored_resource="${resource}"`, ...labels].join(",")}}`;
}

const over = (seconds: number): string => `[${seconds}s]`;
const increase = (series: string, seconds: number): string => `increase(${series}${over(seconds)})`;
const sum = (expression: string, by?: string): string =>
  by === undefined ? `sum(${expression})` : `sum by (${by}) (${expression})`;

/** The status line comes once a period: within two of them there is one, whenever the query runs. */
const STATUS_WINDOW_SECONDS =
  2 * Math.max(...schedules.flatMap(({ target, everySeconds }) => (target === "keep-watch" ? everySeconds : [])));

/** The query whose result is the signal's value. */
export function promql(signal: Signal): string {
  switch (signal.kind) {
    case "status":
      return meanOf(statusMetricName(signal.measure));
    case "lines": {
      const series = selector(logMetric(signal.metric), FUNCTIONS, signal.where);
      return sum(increase(series, signal.windowSeconds), signal.by);
    }
    case "highest":
      return `max by (${signal.by}) (${googleSeries(signal)})`;
    case "growth":
      return sum(increase(googleSeries(signal), signal.windowSeconds), signal.by);
    case "percentile": {
      const buckets = increase(googleSeries(signal, "_bucket"), signal.windowSeconds);
      return `histogram_quantile(${signal.percentile}, ${sum(buckets, `le, ${signal.by}`)})`;
    }
    case "share": {
      const grown = (series: string) => sum(increase(series, signal.windowSeconds), signal.by);
      const all = grown(googleSeries(signal));
      const part = grown(googleSeries({ ...signal, where: { ...signal.where, ...signal.of } }));
      return `(${part} / ${all}) and (${part} >= ${signal.atLeast})`;
    }
  }
}

/** Sum over count: a distribution keeps both exactly, while its percentiles are guessed from the buckets. */
function meanOf(metric: string): string {
  const [total, count] = ["_sum", "_count"].map((suffix) =>
    sum(increase(selector(`${logMetric(metric)}${suffix}`, FUNCTIONS), STATUS_WINDOW_SECONDS)),
  );
  return `${total} / ${count}`;
}

const googleSeries = ({ metric, resource, where }: GoogleMetric, suffix = ""): string =>
  selector(`${promqlName(metric)}${suffix}`, resource, where);
