import type { PipelineMeasure } from "#contracts/pipeline-status.ts";
import type { LineMetricName } from "./metrics.ts";

/** Label -> the values that count. */
export type Where = Readonly<Record<string, readonly string[]>>;

/** A metric of Google's own. */
export interface GoogleMetric {
  /** `pubsub.googleapis.com/subscription/num_undelivered_messages` */
  readonly metric: string;
  /** The type of monitored resource it is read from. */
  readonly resource: string;
  readonly where?: Where;
  /** The label that is kept; all other series are put together. */
  readonly by: string;
}

/** Something that a chart shows and an alert compares. */
export type Signal =
  /** A number of keep-watch's status line. */
  | { readonly kind: "status"; readonly measure: PipelineMeasure }
  /** How many lines a metric counted within the window; `by` keeps a label apart. */
  | {
      readonly kind: "lines";
      readonly metric: LineMetricName;
      readonly where?: Where;
      readonly by?: string;
      readonly windowSeconds: number;
    }
  /** The highest value of a gauge. */
  | ({ readonly kind: "highest" } & GoogleMetric)
  /** How much a counter grew within the window. */
  | ({ readonly kind: "growth"; readonly windowSeconds: number } & GoogleMetric)
  /** A percentile of a distribution within the window, 0 to 1. */
  | ({ readonly kind: "percentile"; readonly percentile: number; readonly windowSeconds: number } & GoogleMetric)
  /**
   * What part of a counter's growth the series of `of` make up, 0 to 1; nothing where these grew by less than
   * `atLeast`: one of two requests is no half of the traffic.
   */
  | ({
      readonly kind: "share";
      readonly of: Where;
      readonly atLeast: number;
      readonly windowSeconds: number;
    } & GoogleMetric);
