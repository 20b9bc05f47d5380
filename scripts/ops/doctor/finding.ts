export const areas = ["environment", "database", "google"] as const;
export type Area = (typeof areas)[number];

/** What a check of `doctor` found; `unknown`: it could not be asked, and nothing is claimed. */
export interface Finding {
  readonly area: Area;
  readonly check: string;
  readonly result: "pass" | "fail" | "unknown" | "skip";
  readonly detail: string;
  /** What to do about it; with every failed check. */
  readonly mend?: string;
  /** The mend as one command for a shell or SQL for the database, where there is one. */
  readonly command?: string;
}

export type Verdict = Omit<Finding, "area" | "check">;

export const pass = (detail: string): Verdict => ({ result: "pass", detail });
export const skip = (detail: string): Verdict => ({ result: "skip", detail });

export function fail(detail: string, mend: string, command?: string): Verdict {
  return { result: "fail", detail, mend, ...(command !== undefined && { command }) };
}

export function unknown(detail: string, mend?: string): Verdict {
  return { result: "unknown", detail, ...(mend !== undefined && { mend }) };
}

/** One question that `doctor` asks; what it throws becomes `unknown`. */
export interface Check {
  readonly area: Area;
  readonly name: string;
  run(): Verdict | Promise<Verdict>;
}
