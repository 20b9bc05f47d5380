import { z } from "zod";
import {
  cloudEnvironment,
  ENVIRONMENT_GUIDE,
  oauthClientEnvironment,
  supabaseEnvironment,
} from "#contracts/environment.ts";
import type { Finding } from "./finding.ts";

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

/** One finding for each variable an operator may set; values are never shown. */
export function checkEnvironment(environment: Environment): Finding[] {
  const required = Object.entries(supabaseEnvironment.shape);
  const optional = Object.entries(DEPLOYED);
  return [
    ...required.map(([name, schema]) => checkVariable({ name, schema, value: environment[name] })),
    ...optional.map(([name, schema]) =>
      isSet(environment[name])
        ? checkVariable({ name, schema, value: environment[name] })
        : skipped(name, "not set here; the deployed functions have their own"),
    ),
  ];
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";
const skipped = (name: string, detail: string): Finding => ({ check: `environment ${name}`, result: "skip", detail });

function checkVariable(variable: {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly value: string | undefined;
}): Finding {
  const { name, schema, value } = variable;
  const check = `environment ${name}`;
  if (value === undefined || value === "") {
    return { check, result: "fail", detail: "is missing", mend: `Set it; ${ENVIRONMENT_GUIDE} explains it.` };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problem = z.prettifyError(parsed.error).replaceAll("✖ ", "").split("\n")[0];
    return { check, result: "fail", detail: `is not valid: ${problem}`, mend: `${ENVIRONMENT_GUIDE} explains it.` };
  }
  const problem = RULES[name]?.(value) ?? null;
  return problem === null
    ? { check, result: "pass", detail: "is set" }
    : { check, result: "fail", detail: "is not what it should be", mend: problem };
}
