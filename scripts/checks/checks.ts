import type { Check } from "./check.ts";
import { formatAndLint } from "./format-and-lint.ts";
import { typeCheck } from "./type-check.ts";

/** Everything that `npm run check` looks at. The slow ones first: they are processes of their own. */
export const checks: readonly Check[] = [typeCheck, formatAndLint];
