/** One thing that is wrong. */
export interface Finding {
  /** `path:line`, or `path`, relative to the project. */
  readonly where: string;
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface Inspection {
  /** What was looked at, for the line that says all is well: "433 files". */
  readonly seen: string;
  readonly findings: readonly Finding[];
}

export interface Check {
  readonly name: string;
  /** @param root the project's folder, absolute */
  run(root: string): Promise<Inspection>;
}

export interface CheckResult extends Inspection {
  readonly name: string;
  readonly elapsedMs: number;
}
