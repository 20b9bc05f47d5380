import path from "node:path";
import { DeployError } from "./deploy-error.ts";
import { type PlanSummary, summarize } from "./plan-summary.ts";
import type { CommandLine, RunProcess } from "./run-process.ts";

/** One stack, in the folder that was synthesized for it. */
export interface TerraformStack {
  readonly name: string;
  readonly folder: string;
  /** terraform, or tofu. */
  readonly binary: string;
  /** Values of the stack's variables. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly summary: PlanSummary;
  readonly hasChanges: boolean;
}

/** Of the stack's own folder, which git ignores; the apply takes this file and nothing else. */
const PLAN_FILE = "deploy.tfplan";
/** `-detailed-exitcode` */
const WITH_CHANGES = 2;

const QUIET = { TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };

function line(stack: TerraformStack, args: readonly string[], variables: Record<string, string> = {}): CommandLine {
  const folder = `-chdir=${path.relative("", stack.folder) || "."}`;
  return { command: stack.binary, args: [folder, ...args], env: { ...QUIET, ...variables } };
}

/** Every command line that a deployment of this stack may need, in order. */
export function terraformLines(stack: TerraformStack) {
  const variables = Object.entries(stack.variables).map(([name, value]) => [`TF_VAR_${name}`, JSON.stringify(value)]);
  const plan = ["plan", "-input=false", "-no-color", "-detailed-exitcode", `-out=${PLAN_FILE}`];
  return {
    init: line(stack, ["init", "-input=false", "-no-color"]),
    plan: line(stack, plan, Object.fromEntries(variables)),
    show: line(stack, ["show", "-json", PLAN_FILE]),
    apply: line(stack, ["apply", "-input=false", "-no-color", PLAN_FILE]),
    output: line(stack, ["output", "-json"]),
  };
}

/** Init and plan; the plan stays in a file, and its summary is counted from what Terraform itself says of it. */
export async function planStack(run: RunProcess, stack: TerraformStack): Promise<Plan> {
  const { init, plan, show } = terraformLines(stack);
  await must(run, init, "shown");
  const planned = await run(plan, "shown");
  if (planned.code !== 0 && planned.code !== WITH_CHANGES) throw failure(plan, planned.stderr);
  const shown = await must(run, show, "kept");
  return { summary: summarize(shown.stdout), hasChanges: planned.code === WITH_CHANGES };
}

export async function applyPlan(run: RunProcess, stack: TerraformStack): Promise<void> {
  await must(run, terraformLines(stack).apply, "shown");
}

/** The stack's outputs by name. */
export async function readOutputs(run: RunProcess, stack: TerraformStack): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await must(run, terraformLines(stack).output, "kept");
  const outputs = JSON.parse(stdout) as Record<string, { value: unknown }>;
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

async function must(run: RunProcess, command: CommandLine, output: "shown" | "kept") {
  const ended = await run(command, output);
  if (ended.code === 0) return ended;
  throw failure(command, ended.stderr);
}

/** What Terraform or Google said -> what to do. */
const MENDS: readonly (readonly [RegExp, string])[] = [
  [
    /Error acquiring the state lock/,
    "Another deployment holds the state. Wait for it; one that died: terraform force-unlock ID",
  ],
  [/could not find default credentials|invalid_grant|invalid_rapt/, "Run: gcloud auth application-default login"],
  [
    /Cloud Resource Manager API has not been used|cloudresourcemanager\.googleapis\.com.*disabled/s,
    "Enable it once: gcloud services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com",
  ],
  [
    /Service account service-\d+@.* does not exist/,
    "Google makes this account on first use; docs/permissions.md has the command that asks for it.",
  ],
  [/billing/i, "Link a billing account to the project."],
  [/domain restricted sharing|allowedPolicyMemberDomains/, "The organization forbids allUsers; see docs/deploy.md."],
  [/Saved plan is stale/, "Something changed since the plan was made. Run the same command again."],
  [
    /Inconsistent dependency lock file|Failed to query available provider/,
    "Terraform must be able to reach its registry.",
  ],
];

function failure({ command, args }: CommandLine, stderr: string): DeployError {
  const mend = MENDS.find(([pattern]) => pattern.test(stderr))?.[1];
  const verb = args[1] ?? "";
  const rest = "What was done so far stays; the same command goes on from there.";
  return new DeployError(`${command} ${verb} failed; its message is above. ${mend ?? ""}${mend ? " " : ""}${rest}`);
}
