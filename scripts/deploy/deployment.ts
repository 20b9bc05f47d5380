import type { Environment } from "../../infra/environment.ts";
import type { SecretVersions } from "../ops/secret-versions.ts";
import type { Synthesized } from "./build-and-synth.ts";
import { type Confirm, confirmPlan } from "./confirmation.ts";
import { done, type Journal, shown, skipped } from "./journal.ts";
import {
  applyMigrations,
  type Migration,
  type MigrationTarget,
  migrationLines,
  migrationTarget,
  pendingMigrations,
} from "./migrations.ts";
import { inWords } from "./plan-summary.ts";
import { assertReady, type Preflight } from "./preflight.ts";
import { storeRelaySettings } from "./relay-step.ts";
import { asTyped, type RunProcess } from "./run-process.ts";
import { assertAdditive, newestVersions } from "./stops.ts";
import { applyPlan, type Plan, planStack, readOutputs, type TerraformStack, terraformLines } from "./terraform.ts";

export interface DeploymentOptions {
  readonly environment: Environment;
  /** Builds, synthesizes and reviews; shows everything else. */
  readonly dryRun: boolean;
  /** Ends before the first change. */
  readonly planOnly: boolean;
  readonly skipMigrations: boolean;
  readonly allowBreaking: boolean;
  readonly allowDestroy: boolean;
  /** `--yes`: nobody is asked. */
  readonly yes: boolean;
}

export interface DeploymentPorts {
  readonly preflight: () => Promise<Preflight>;
  /** Bundles every function; answers a line for the journal. */
  readonly build: () => Promise<string>;
  /** Writes and reviews the stacks. */
  readonly synthesize: () => Promise<Synthesized>;
  readonly run: RunProcess;
  readonly journal: Journal;
  readonly say: (line: string) => void;
  readonly secrets: SecretVersions;
  /** Null where nobody can be asked. */
  readonly confirm: Confirm | null;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly migrationsFolder: string;
}

export interface Deployed {
  readonly applied: boolean;
  readonly migrations: readonly Migration[];
  readonly plan: Plan["summary"] | null;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const NOTHING: Deployed = { applied: false, migrations: [], plan: null, outputs: {} };

/**
 * One deployment, forwards only. Up to the confirmation nothing of the pipeline changes; after it, the database goes
 * first: migrations only add, so the functions that still run do not mind, and the new ones find what they need.
 * Each step finds what an earlier run has done: after a failure, the same command goes on.
 */
export async function deploy(options: DeploymentOptions, ports: DeploymentPorts): Promise<Deployed> {
  const { environment, dryRun } = options;
  const { journal } = ports;
  const { binary } = await checkFirst(options, ports);
  await journal.step("build", async () => done(await ports.build()));
  const synthesized = await journal.step("synth", async () => {
    const stacks = await ports.synthesize();
    return { ...done(stacks.detail), stacks };
  });
  const stack = (name: string, folder: string): TerraformStack => ({ name, folder, binary, variables: {} });
  const bootstrap = stack(`${environment.name}-bootstrap`, synthesized.stacks.bootstrap);
  const pipeline = stack(environment.name, synthesized.stacks.pipeline);
  if (dryRun) return await showTheRest(options, ports, { bootstrap, pipeline });
  if (!(await bootstrapStep(options, ports, bootstrap))) return NOTHING;
  return await changePipeline(options, ports, pipeline);
}

async function checkFirst(
  { dryRun }: DeploymentOptions,
  { journal, preflight, say }: DeploymentPorts,
): Promise<Preflight> {
  const { found } = await journal.step("preflight", async () => {
    const found = await preflight();
    for (const warning of found.warnings) say(`          note: ${warning}`);
    if (!dryRun) assertReady(found);
    else for (const problem of found.problems) say(`          before a deployment: ${problem}`);
    const { length } = found.problems;
    return {
      ...done(length === 0 ? `${found.binary}, credentials and environment are there` : `${length} to do`),
      found,
    };
  });
  return found;
}

interface Stacks {
  readonly bootstrap: TerraformStack;
  readonly pipeline: TerraformStack;
}

/** What a deployment would run, in its order. */
async function showTheRest(
  options: DeploymentOptions,
  { journal, say, variables }: DeploymentPorts,
  { bootstrap, pipeline }: Stacks,
): Promise<Deployed> {
  const { environment, skipMigrations } = options;
  const { projectId } = environment;
  const first = terraformLines(bootstrap);
  const versioned = { ...pipeline, variables: { secret_versions: { "<secret>": "<newest version>" } } };
  const main = terraformLines(versioned);
  const database = skipMigrations ? null : migrationLines(shownTarget(environment, variables, say));
  const show = (name: string, detail: string, lines: readonly Parameters<typeof asTyped>[0][]) =>
    journal.step(name, async () => shown(detail, lines.map(asTyped)));
  await show("bootstrap", "APIs, state bucket, empty secrets", [first.init, first.plan, first.show, first.apply]);
  await show("secrets", `reads which secrets of ${projectId} have a value`, []);
  await show("migrations", "what the database lacks", database === null ? [] : [database.preview]);
  await show("plan", "what would change; then you are asked", [main.init, main.plan, main.show]);
  await show("migrate", "the database first", database === null ? [] : [database.push]);
  await show("apply", "that very plan", [main.apply, main.output]);
  await show("relay", "stores address and ping key of the relay in the database's Vault where they differ", []);
  return NOTHING;
}

/** A dry run needs no database; what is missing for one is a note. */
function shownTarget(
  { supabaseUrl }: Environment,
  variables: DeploymentPorts["variables"],
  say: DeploymentPorts["say"],
): MigrationTarget {
  try {
    return migrationTarget(supabaseUrl, variables);
  } catch (error) {
    say(`          before a deployment: ${(error as Error).message}`);
    return { remote: "<database>", env: {} };
  }
}

/** False: it would change something, and only a plan was asked for. */
async function bootstrapStep(
  options: DeploymentOptions,
  ports: DeploymentPorts,
  stack: TerraformStack,
): Promise<boolean> {
  const { run, journal } = ports;
  const { plan } = await journal.step("bootstrap plan", async () => {
    const plan = await planStack(run, stack);
    return { ...done(plan.hasChanges ? inWords(plan.summary) : "in place"), plan };
  });
  if (!plan.hasChanges) return true;
  if (options.planOnly) {
    await journal.step("plan", async () => skipped("the pipeline can be planned once the bootstrap is applied"));
    return false;
  }
  await confirmPlan({ ...options, what: "the bootstrap", plan: plan.summary }, ports.confirm);
  await journal.step("bootstrap apply", async () => {
    await applyPlan(run, stack);
    return done(`applied; commit infra/bootstrap-state/${options.environment.name}.tfstate, it holds no secret`);
  });
  return true;
}

async function changePipeline(
  options: DeploymentOptions,
  ports: DeploymentPorts,
  stack: TerraformStack,
): Promise<Deployed> {
  const { environment, planOnly } = options;
  const { run, journal, secrets } = ports;
  const { versions } = await journal.step("secrets", async () => {
    const versions = await newestVersions(secrets, environment.name);
    return { ...done(`${Object.keys(versions).length} have a value`), versions };
  });
  const target = options.skipMigrations ? null : migrationTarget(environment.supabaseUrl, ports.variables);
  const { pending } = await journal.step("migrations", async () => {
    const pending = target === null ? [] : await pendingMigrations(run, target, ports.migrationsFolder);
    for (const { file, breaking, what } of pending)
      ports.say(`          ${file}: ${breaking ? "BREAKING: " : ""}${what}`);
    assertAdditive(pending, options);
    return { ...(target === null ? skipped("--skip-migrations") : done(`${pending.length} to apply`)), pending };
  });
  const versioned = { ...stack, variables: { secret_versions: versions } };
  const { plan } = await journal.step("plan", async () => {
    const plan = await planStack(run, versioned);
    return { ...done(plan.hasChanges ? inWords(plan.summary) : "no changes"), plan };
  });
  if (planOnly) return { applied: false, migrations: pending, plan: plan.summary, outputs: {} };
  if (plan.hasChanges || pending.length > 0) {
    await confirmPlan(
      { ...options, what: environment.projectId, plan: plan.summary, migrations: pending.length },
      ports.confirm,
    );
  }
  await journal.step("migrate", async () => {
    if (target === null || pending.length === 0) return skipped("nothing to apply");
    return done(`${(await applyMigrations(run, target)).length} applied`);
  });
  await journal.step("apply", async () => {
    if (!plan.hasChanges) return skipped("no changes");
    await applyPlan(run, versioned);
    return done(inWords(plan.summary));
  });
  const { outputs } = await journal.step("relay", async () => {
    const outputs = await readOutputs(run, versioned);
    return { ...done(await storeRelaySettings({ environment, secrets, outputs })), outputs };
  });
  return { applied: true, migrations: pending, plan: plan.summary, outputs };
}
