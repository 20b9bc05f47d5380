import type { z } from "zod";
import { PermanentError } from "#kernel/verdicts.ts";

/** A Google answer through its schema; one we cannot read names the field, never its value. */
export function parseAnswer<Schema extends z.ZodType>(api: string, schema: Schema, answer: unknown): z.output<Schema> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new PermanentError(
    `Google ${api} answered in a shape we do not know: ${issue?.path.join(".")} ${issue?.code}`,
    {
      code: "google_answer_unknown",
    },
  );
}
