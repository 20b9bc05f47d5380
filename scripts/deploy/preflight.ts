import { GoogleAuth } from "google-auth-library";
import type { Environment } from "../../infra/environment.ts";
import { DeployError } from "./deploy-error.ts";
import { NOT_FOUND, type RunProcess } from "./run-process.ts";

/** What was found before anything is done. */
export interface Preflight {
  /** terraform, or tofu; the first when there is neither. */
  readonly binary: string;
  /** What would stop a deployment, each with what to do. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const BINARIES = ["terraform", "tofu"] as const;
/** The synthesized stacks need what came with 1.6; OpenTofu began there. */
const OLDEST = [1, 6] as const;

export interface PreflightOptions {
  readonly environment: Environment;
  readonly run: RunProcess;
}

export async function preflight({ environment, run }: PreflightOptions): Promise<Preflight> {
  const { binary, problem } = await findTerraform(run);
  const [credentials, dirty] = await Promise.all([credentialsProblem(), uncommitted(run)]);
  return {
    binary,
    problems: [problem, credentials, ...exampleProblems(environment), addressProblem(environment)].filter(isText),
    warnings: [dirty].filter(isText),
  };
}

const isText = (text: string | null): text is string => text !== null;

async function findTerraform(run: RunProcess): Promise<{ binary: string; problem: string | null }> {
  for (const binary of BINARIES) {
    const { code, stdout } = await run({ command: binary, args: ["version", "-json"] }, "kept");
    if (code === NOT_FOUND) continue;
    const version = /"terraform_version":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const recent = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    return {
      binary,
      problem: recent ? null : `${binary} ${version} is too old; ${OLDEST.join(".")} or newer is needed.`,
    };
  }
  const problem = "Neither terraform nor tofu is on the PATH: https://developer.hashicorp.com/terraform/install";
  return { binary: BINARIES[0], problem };
}

async function credentialsProblem(): Promise<string | null> {
  try {
    await new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] }).getClient();
    return null;
  } catch {
    return "There are no Google credentials on this machine. Run: gcloud auth application-default login";
  }
}

async function uncommitted(run: RunProcess): Promise<string | null> {
  const { code, stdout } = await run({ command: "git", args: ["status", "--porcelain"] }, "kept");
  if (code !== 0) return "This is no git checkout: what is deployed cannot be named later.";
  const files = stdout.split("\n").filter((line) => line.trim() !== "").length;
  return files === 0 ? null : `${files} files are not committed: what is deployed is not what a commit says.`;
}

/** What stands in the file before anybody has touched it. */
function exampleProblems({ name, appUrl, oauthClientId }: Environment): string[] {
  const isExample =
    new URL(appUrl).hostname.endsWith("example.com") || /^(dev|staging|prod)-client\./.test(oauthClientId);
  return isExample ? [`${name} still has the values of an example: npm run ops -- init --env ${name}`] : [];
}

const addressProblem = ({ name, supabaseUrl }: Environment): string | null =>
  supabaseUrl.startsWith("https:")
    ? null
    : `${name} is a stack on this machine (${supabaseUrl}); functions in Google Cloud cannot reach it.`;

/** Stops when something is missing, all of it at once. */
export function assertReady({ problems }: Preflight): void {
  if (problems.length === 0) return;
  throw new DeployError(`Not ready to deploy:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}
