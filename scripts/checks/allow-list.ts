export type BudgetName =
  | "file-lines"
  | "function-lines"
  | "parameters"
  | "own-imports"
  | "any"
  | "non-null"
  | "test-lines"
  | "migration-lines"
  | "clock"
  | "environment";

/** A breach that we know of and want, with the reason; a line that allows nothing is itself a finding. */
export interface Allowance {
  readonly budget: BudgetName;
  /** A glob over paths from the project's root. */
  readonly files: string;
  /** The function, where the budget is about one. */
  readonly name?: string;
  readonly reason: string;
}

export const allowances: readonly Allowance[] = [
  {
    budget: "own-imports",
    files: "functions/*/index.ts",
    reason: "a composition root names everything that its function is made of, and nothing else",
  },
  {
    budget: "own-imports",
    files: "scripts/**/*.ts",
    reason: "scripts put rooms together: the laptop's stack starts every emulator",
  },
  {
    budget: "own-imports",
    files: "functions/*/testing/*.ts",
    reason: "a stage for tests puts the whole function together, as its index.ts does",
  },
  {
    budget: "parameters",
    files: "scripts/emulators/rest/errors.ts",
    name: "constructor",
    reason: "status, reason and message are thrown in a hundred places; the RPC status is the rare fourth",
  },
  {
    budget: "clock",
    files: "shared/runtime/logger.ts",
    reason: "the time of a log line is when it was written, whatever a test's clock says",
  },
  {
    budget: "clock",
    files: "shared/supabase/client.ts",
    reason: "the deadline of a request bounds a real socket, which no test's clock moves",
  },
];
