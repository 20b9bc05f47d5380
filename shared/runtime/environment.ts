import type { z } from "zod";
import { ENVIRONMENT_GUIDE } from "#contracts/environment.ts";

/** Raised at start-up; lists every missing or wrong variable by name, never a value. */
export class EnvironmentError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The environment is not complete:\n  ${problems.join("\n  ")}\nEach name is explained in ${ENVIRONMENT_GUIDE}.`,
    );
    this.name = "EnvironmentError";
  }
}

/** Reads the environment through a schema; an empty variable counts as missing. */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return name in present ? `${name} is not valid: ${issue.message}` : `${name} is missing`;
  });
  throw new EnvironmentError(problems);
}
