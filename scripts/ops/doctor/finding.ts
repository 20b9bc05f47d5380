/** What a check of `doctor` found. */
export interface Finding {
  readonly check: string;
  readonly result: "pass" | "fail" | "skip";
  readonly detail: string;
  /** What to do about it; with every failed check. */
  readonly mend?: string;
}
