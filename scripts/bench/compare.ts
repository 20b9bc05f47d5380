import type { BenchmarkRun, Contestant, Metric, Target } from "./benchmark.ts";
import { type Summary, summarize } from "./statistics.ts";

/** A contestant's figure for one metric. */
export interface Figure extends Summary {
  /** Median as a multiple of the reference's median in the same run; null for a metric without reference. */
  readonly ratio: number | null;
}

export interface Row {
  readonly contestant: string;
  readonly role: Contestant["role"];
  /** By the metric's name; null where nothing could be measured. */
  readonly figures: Readonly<Record<string, Figure | null>>;
}

export interface Verdict {
  readonly contestant: string;
  readonly metric: string;
  readonly target: number;
  /** What was measured, in the target's own unit. */
  readonly measured: number;
  readonly met: boolean;
  /** `process-booking: first answer 1.42 x hello, target at most 1.3: missed`. */
  readonly sentence: string;
}

export interface Comparison {
  readonly metrics: readonly Metric[];
  readonly rows: readonly Row[];
  /** Targets of contestants that were measured. */
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
}

/** Makes medians, ratios within the run and verdicts out of samples. */
export function compare({ metrics, contestants, targets, notes }: BenchmarkRun): Comparison {
  const summaries = new Map(contestants.map(({ name, samples }) => [name, summariesOf(samples, metrics)]));
  const rows = contestants.map(({ name, role }) => ({
    contestant: name,
    role,
    figures: Object.fromEntries(metrics.map((metric) => [metric.name, figureOf(summaries, name, metric)])),
  }));
  const verdicts = targets.flatMap((target) => {
    const figure = rows.find(({ contestant }) => contestant === target.contestant)?.figures[target.metric];
    const metric = metrics.find(({ name }) => name === target.metric);
    return figure == null || metric === undefined ? [] : [verdictOf(target, metric, figure)];
  });
  return { metrics, rows, verdicts, notes };
}

type Summaries = ReadonlyMap<string, Readonly<Record<string, Summary | null>>>;

const summariesOf = (samples: Contestant["samples"], metrics: readonly Metric[]) =>
  Object.fromEntries(metrics.map(({ name }) => [name, summarize(samples[name] ?? [])]));

function figureOf(summaries: Summaries, contestant: string, { name, reference }: Metric): Figure | null {
  const own = summaries.get(contestant)?.[name];
  if (own == null) return null;
  const other = reference === undefined ? null : summaries.get(reference)?.[name];
  return { ...own, ratio: other == null ? null : own.median / other.median };
}

function verdictOf(target: Target, metric: Metric, { ratio, median }: Figure): Verdict {
  const measured = ratio ?? median;
  const [bound, limit] = "atMost" in target ? ["at most", target.atMost] : ["at least", target.atLeast];
  const met = "atMost" in target ? measured <= limit : measured >= limit;
  const value = ratio === null ? `${measured.toFixed(metric.digits ?? 0)} ${metric.unit}` : ratioText(metric, ratio);
  const unit = ratio === null ? ` ${metric.unit}` : "";
  const sentence = `${target.contestant}: ${metric.title} ${value}, target ${bound} ${limit}${unit}: ${met ? "met" : "missed"}`;
  return { contestant: target.contestant, metric: metric.name, target: limit, measured, met, sentence };
}

/** `1.42 x hello`. */
export const ratioText = ({ reference }: Metric, ratio: number): string => `${ratio.toFixed(2)} x ${reference}`;
