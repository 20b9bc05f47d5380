/** One column of a benchmark: what is measured of each contestant. */
export interface Metric {
  /** The samples' key, with its unit: `firstAnswerMs`. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** Digits after the point; none by default. */
  readonly digits?: number;
  /** The contestant whose median is 1; without one the figures are shown as they are. */
  readonly reference?: string;
}

/** Something that was measured beside the others in the same run. */
export interface Contestant {
  readonly name: string;
  readonly role: "product" | "reference" | "limit";
  /** Every sample by the metric's name; none where this machine cannot tell. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** What a contestant's median must reach, as a multiple of the reference where the metric has one. */
export type Target = {
  readonly contestant: string;
  readonly metric: string;
} & ({ readonly atMost: number } | { readonly atLeast: number });

/** What a benchmark brings home; everything else (medians, ratios, verdicts, tables) follows from it. */
export interface BenchmarkRun {
  readonly metrics: readonly Metric[];
  readonly contestants: readonly Contestant[];
  readonly targets: readonly Target[];
  /** What a reader must know to judge the figures, in sentences. */
  readonly notes: readonly string[];
}

export interface BenchmarkOptions {
  /** Rounds in which every contestant is measured; the benchmark's own number when absent. */
  readonly repetitions?: number | undefined;
  /** The contestants of the product to measure; all when empty. */
  readonly only: readonly string[];
  /** Takes a line of progress. */
  readonly report: (line: string) => void;
  /** Raised by Ctrl-C: what runs is stopped, the benchmark throws. */
  readonly interrupted: AbortSignal;
}

export interface Benchmark {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly summary: string;
  /** Its contestants of the product, which `--only` takes. */
  readonly contestants: readonly string[];
  run(options: BenchmarkOptions): Promise<BenchmarkRun>;
}
