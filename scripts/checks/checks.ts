import { budgets } from "./budgets.ts";
import type { Check } from "./check.ts";
import { formatAndLint } from "./format-and-lint.ts";
import { importGraph } from "./import-graph.ts";
import { timeAndEnvironment } from "./time-and-environment.ts";
import { typeCheck } from "./type-check.ts";

/** Everything that `npm run check` looks at. The slow ones first: they are processes of their own. */
export const checks: readonly Check[] = [typeCheck, formatAndLint, importGraph, budgets, timeAndEnvironment];
