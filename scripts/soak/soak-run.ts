export interface SoakOptions {
  /** A folder of inputs of the operator's own, for the runs that take any. */
  readonly data?: string | undefined;
}

/** A full-size acceptance run. It throws when what it proves does not hold. */
export interface SoakRun {
  readonly name: string;
  /** What is run and how much of it, for the report. */
  readonly describe: string;
  /** @param report takes one line for each thing that was tried */
  run(report: (line: string) => void, options: SoakOptions): Promise<void>;
}

export interface SoakLimits extends SoakOptions {
  readonly limitMs: number;
  /** Takes each line as it comes. */
  readonly report: (line: string) => void;
}

export interface SoakResult {
  readonly name: string;
  readonly describe: string;
  readonly passed: boolean;
  readonly startedAt: Date;
  readonly elapsedMs: number;
  readonly lines: readonly string[];
  /** Why it failed, else null. */
  readonly failure: string | null;
}

/** Runs it to its end, or to the time limit: a run that hangs has failed. */
export async function soak(run: SoakRun, { limitMs, report, ...options }: SoakLimits): Promise<SoakResult> {
  const startedAt = new Date();
  const lines: string[] = [];
  const collect = (line: string) => {
    lines.push(line);
    report(line);
  };
  const failure = await withinLimit(run.run(collect, options), limitMs).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const { name, describe } = run;
  const elapsedMs = Date.now() - startedAt.getTime();
  return { name, describe, passed: failure === null, startedAt, elapsedMs, lines, failure };
}

async function withinLimit(work: Promise<void>, limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`did not end within ${limitMs / 60_000} minutes`)), limitMs);
  try {
    await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
