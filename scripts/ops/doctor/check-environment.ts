import { z } from "zod";
import {
  cloudEnvironment,
  ENVIRONMENT_GUIDE,
  oauthClientEnvironment,
  supabaseEnvironment,
} from "#contracts/environment.ts";
import { type Check, fail, pass, skip, type Verdict } from "./finding.ts";
import type { Target } from "./target.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable of the deployed functions; doctor looks at it where the operator has set it. */
const DEPLOYED = { ...cloudEnvironment.shape, ...oauthClientEnvironment.shape };

/** Rules beyond a variable's type: mistakes that only show much later. */
const RULES: Readonly<Record<string, (value: string) => string | null>> = {
  SUPABASE_URL: (value) =>
    new URL(value).pathname === "/" && !value.endsWith("/")
      ? null
      : "It is the project's address without a path or a slash.",
  SUPABASE_SECRET_KEY: (value) =>
    value.startsWith("sb_publishable_") ? "This is the publishable key; the secret one begins with sb_secret_." : null,
  GOOGLE_REDIRECT_URI: (value) =>
    isCallback(new URL(value)) ? null : "It is https (http only on this machine) and ends in /callback.",
};

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const isCallback = ({ protocol, hostname, pathname }: URL): boolean =>
  pathname.endsWith("/callback") && (protocol === "https:" || LOOPBACK.has(hostname));

/** One check for each variable an operator may set; values are never shown. */
export function environmentChecks(environment: Environment): Check[] {
  const required = Object.entries(supabaseEnvironment.shape);
  const optional = Object.entries(DEPLOYED);
  return [
    ...required.map(([name, schema]) => environmentCheck(name, () => judgeVariable(name, schema, environment[name]))),
    ...optional.map(([name, schema]) =>
      environmentCheck(name, () =>
        isSet(environment[name])
          ? judgeVariable(name, schema, environment[name])
          : skip("not set here; the deployed functions have their own"),
      ),
    ),
  ];
}

/** With `--env` the database of another installation would be compared with this one's project. */
export const isDatabaseOf = ({ name, supabaseUrl }: Target, environment: Environment): Check =>
  environmentCheck("SUPABASE_URL and --env", () =>
    supabaseUrl === environment["SUPABASE_URL"]
      ? pass("belong together")
      : fail(`SUPABASE_URL is not that of ${name}`, `Set SUPABASE_URL=${supabaseUrl} and the key that goes with it.`),
  );

const environmentCheck = (name: string, run: () => Verdict): Check => ({
  area: "environment",
  name: `environment ${name}`,
  run,
});

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";

function judgeVariable(name: string, schema: z.ZodType, value: string | undefined): Verdict {
  if (value === undefined || value === "") return fail("is missing", `Set it; ${ENVIRONMENT_GUIDE} explains it.`);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problem = z.prettifyError(parsed.error).replaceAll("✖ ", "").split("\n")[0];
    return fail(`is not valid: ${problem}`, `${ENVIRONMENT_GUIDE} explains it.`);
  }
  const problem = RULES[name]?.(value) ?? null;
  return problem === null ? pass("is set") : fail("is not what it should be", problem);
}
