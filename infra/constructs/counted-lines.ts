import { LoggingMetric, type LoggingMetricBucketOptions } from "@cdktf/provider-google/lib/logging-metric/index.js";
import { Construct } from "constructs";
import type { LogMetric } from "../topology/metrics.ts";

/** Cloud Logging's own default. Queries take a distribution's sum and count, which are exact whatever the buckets are. */
const BUCKETS: LoggingMetricBucketOptions = {
  exponentialBuckets: { numFiniteBuckets: 64, growthFactor: 2, scale: 0.01 },
};

/** A metric made of the functions' log lines. */
export class CountedLines extends Construct {
  constructor(scope: Construct, id: string, { name, description, filter, unit, valueField, labels = {} }: LogMetric) {
    super(scope, id);
    new LoggingMetric(this, "metric", {
      ...{ name, description, filter },
      metricDescriptor: {
        metricKind: "DELTA",
        valueType: valueField === undefined ? "INT64" : "DISTRIBUTION",
        unit,
        labels: Object.keys(labels).map((key) => ({ key, valueType: "STRING" })),
      },
      ...(valueField !== undefined && { valueExtractor: `EXTRACT(${valueField})`, bucketOptions: BUCKETS }),
      ...(Object.keys(labels).length > 0 && {
        labelExtractors: Object.fromEntries(Object.entries(labels).map(([key, field]) => [key, `EXTRACT(${field})`])),
      }),
    });
  }
}
