import { z } from "zod";
import { residencies } from "./residency.ts";
import { type FunctionName, functions } from "./topology/functions.ts";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const PORT_MAX = 65_535;
const INSTANCES_MAX = 100;
const functionNames = functions.map(({ name }) => name) as [FunctionName, ...FunctionName[]];

/** https, or http on this machine: the local stack is an environment too. */
const address = z
  .string()
  .refine((text) => URL.canParse(text), { error: "is not a URL such as https://app.example.com", abort: true })
  .refine(isReachable, { error: "must begin with https:// (http is for this machine only)", abort: true });

function isReachable(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

const oneLine = (wanted: string) => z.string().regex(/^[^\r\n]+$/, { error: `must be ${wanted}` });

const mail = z.strictObject({
  host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error: "must be a host name, without a port" }),
  port: z.int().min(1).max(PORT_MAX),
  /** Without a `user` the server asks for no login. */
  user: oneLine("the name the mail server knows").exactOptional(),
  from: z.string().regex(/^[^\r\n]*@[^\r\n]+$/, { error: "must be an address, or: Name <address>" }),
});

/**
 * One installation: a Google Cloud project and a Supabase project. Nothing here is secret. Every field is asked for
 * here, so that a slip of the hand in environments.ts is told by name instead of by a function that does not start.
 */
export const environmentSchema = z.strictObject({
  /** Becomes a stack, a label and a file name. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,29}$/, { error: "must be lower-case letters, digits and hyphens, at most 30" })
    .refine((name) => !name.endsWith("-bootstrap"), { error: "must not end in -bootstrap: a stack is called so" }),
  projectId: z.string().regex(/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, {
    error: "must be a project's id: 6 to 30 lower-case letters, digits and hyphens (the id, not the name or number)",
  }),
  residency: z.enum(residencies, { error: `must be ${residencies.join(" or ")}` }),
  supabaseUrl: address.refine((text) => new URL(text).origin === text, {
    error: "must be the project's address without a path or a slash at the end",
  }),
  /** Client id of the OAuth client with which consultants connect; its secret is in Secret Manager. */
  oauthClientId: z.string().regex(/^[\w-]+\.apps\.googleusercontent\.com$/, {
    error: "must be a client id: it ends in .apps.googleusercontent.com (the client secret is not asked for here)",
  }),
  /** The booking platform's address, and its page where a consultant connects Google again. */
  appUrl: address,
  reconnectUrl: address,
  mail: mail.readonly(),
  /** `off` leaves out the restricted Drive scope, and with it the reading of recordings. */
  driveRecordings: z.enum(["on", "off"], { error: "must be on or off" }),
  /** Instances kept warm, paid for around the clock; none where a function is not named. A person waits for google-auth. */
  minInstances: z.partialRecord(z.enum(functionNames), z.int().min(0).max(INSTANCES_MAX)).readonly(),
  /** Who gets the alerts. */
  alertEmails: z
    .array(z.email({ error: "must be an e-mail address" }))
    .min(1, { error: "must name somebody" })
    .readonly(),
  /** Minutes of audio a day from which on somebody is told; thresholds.ts has the usual number. */
  speechMinutesPerDay: z.number().positive().exactOptional(),
  /** Full name of a Cloud KMS key in the region; unset: Google's own keys encrypt what is at rest. */
  kmsKey: z
    .string()
    .regex(/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/, {
      error: "must be a key's full name: projects/P/locations/REGION/keyRings/R/cryptoKeys/K",
    })
    .exactOptional(),
  /** Full name of a Serverless VPC Access connector through which functions reach out. */
  vpcConnector: z
    .string()
    .regex(/^projects\/[^/]+\/locations\/[^/]+\/connectors\/[^/]+$/, {
      error: "must be a connector's full name: projects/P/locations/REGION/connectors/C",
    })
    .exactOptional(),
  /** Instead of that: a free range for a network of its own, which goes out by one fixed address. */
  egressRange: z
    .string()
    .regex(/^(\d{1,3}\.){3}\d{1,3}\/28$/, { error: "must be a range of 16 addresses, such as 10.8.0.0/28" })
    .exactOptional(),
  /** What a month may cost, in the currency of the billing account; those who get the alerts are told. */
  monthlyBudget: z
    .strictObject({
      billingAccount: z.string().regex(/^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/, {
        error: "must be a billing account's id: XXXXXX-XXXXXX-XXXXXX",
      }),
      amount: z.int().positive(),
    })
    .readonly()
    .exactOptional(),
});

export type Environment = Readonly<z.infer<typeof environmentSchema>>;

/** What cannot be shared: two pipelines would overwrite each other, or handle every booking twice. */
const UNSHARED = ["name", "projectId", "supabaseUrl"] as const;

/** Checks the environments of environments.ts; the error names every wrong field with its environment. */
export function parseEnvironments(list: readonly unknown[]): readonly Environment[] {
  const parsed = list.map((value, index) => ({ value, index, result: environmentSchema.safeParse(value) }));
  const problems = parsed.flatMap(({ value, index, result }) =>
    result.success ? [] : result.error.issues.map((issue) => `${titleOf(value, index)}: ${sentenceOf(issue)}`),
  );
  const environments = parsed.flatMap(({ result }) => (result.success ? [result.data] : []));
  const all = [...problems, ...sharedProblems(environments)];
  if (all.length === 0) return environments;
  throw new Error(`infra/environments.ts needs a correction:\n${all.map((problem) => `  ${problem}`).join("\n")}`);
}

/** The environment of this name. */
export function findEnvironment(environments: readonly Environment[], name: string): Environment {
  const found = environments.find((environment) => environment.name === name);
  if (found !== undefined) return found;
  const known = environments.map((environment) => environment.name).join(", ");
  throw new Error(`No environment is called ${name}; there are ${known}. "npm run ops -- init" makes a new one.`);
}

function titleOf(value: unknown, index: number): string {
  const { name } = (typeof value === "object" && value !== null ? value : {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? name : `environment ${index + 1}`;
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const field = issue.path.join(".");
  if (issue.message.endsWith("received undefined")) return `${field} is missing`;
  if (issue.code === "unrecognized_keys") return `${[field, ...issue.keys].filter(Boolean).join(".")} is not a field`;
  return `${field} ${/^(must|is) /.test(issue.message) ? issue.message : `is wrong (${issue.message})`}`;
}

function sharedProblems(environments: readonly Environment[]): string[] {
  return UNSHARED.flatMap((field) =>
    environments.flatMap((one, index) => {
      const earlier = environments.slice(0, index).find((other) => other[field] === one[field]);
      return earlier === undefined ? [] : [`${one.name}: ${field} is the same as that of ${earlier.name}`];
    }),
  );
}
