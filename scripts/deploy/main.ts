// npm run deploy -- ENV [--dry-run] [--json]: build, synth, plan, migrations, apply.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CommandError } from "../ops/command.ts";
import { chosenEnvironment } from "../ops/environment-file.ts";
import { openSecretVersions } from "../ops/secret-versions.ts";
import type { Folders } from "./build-and-synth.ts";
import { confirmOnTerminal } from "./confirmation.ts";
import { DeployError } from "./deploy-error.ts";
import { type Deployed, type DeploymentOptions, deploy } from "./deployment.ts";
import { makeJournal } from "./journal.ts";
import { MIGRATIONS_FOLDER } from "./migrations.ts";
import { preflight } from "./preflight.ts";
import { makeRunProcess } from "./run-process.ts";

const HELP = `npm run deploy -- ENV [--dry-run] [--yes] [--json]

Brings an environment of infra/environments.ts to this checkout: preflight, build, synth and policies, bootstrap, secrets,
migrations, plan; you confirm; then migrations, apply of that very plan, and the relay's settings in Vault. Run again, it
does what is left. To roll back, check out the earlier commit and deploy it; migrations only add, so it runs on the
newer database.

  --dry-run           builds, synthesizes and reviews for real; prints every further step and its commands
  --only plan         ends before the first change
  --yes               applies without asking
  --skip-migrations   leaves the database as it is
  --allow-breaking    applies migrations that say they break the version that runs now
  --allow-destroy     applies a plan that destroys buckets, topics, subscriptions, secrets or keys
  --file FILE         another environments file
  --json              one JSON object on stdout; everything else on stderr

Needs terraform (or tofu) 1.6, gcloud auth application-default login, and for migrations one of SUPABASE_ACCESS_TOKEN
or SUPABASE_DB_URL (password in it, or in SUPABASE_DB_PASSWORD). No secret is ever an argument.
`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

async function main(): Promise<void> {
  const { values, positionals } = readCommandLine();
  if (values.help) return void process.stdout.write(HELP);
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0)
    throw new DeployError(`Say which environment: npm run deploy -- ENV\n\n${HELP}`);
  const started = performance.now();
  const file = values.file === undefined ? {} : { file: path.resolve(values.file) };
  const environment = await chosenEnvironment({ positionals: [], flags: new Set(), values: { env: name, ...file } });
  // The stacks and the Supabase CLI name files relative to the project, wherever this was started.
  process.chdir(ROOT);
  if (existsSync(".env")) process.loadEnvFile(".env");
  const say = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const interrupted = interruption();
  const journal = makeJournal({ say, nowMs: () => performance.now(), interrupted });
  const endpoint = process.env["GOOGLE_SECRET_MANAGER_ENDPOINT"] || undefined;
  const secrets = openSecretVersions({ projectId: environment.projectId, endpoint });
  const run = makeRunProcess({ cwd: ROOT, say: (line) => say(`          ${line}`), interrupted });
  const options = { ...optionsOf(values), environment };
  const finish = (end: { ok: boolean; error?: string } & Partial<Deployed>): void => {
    const { ok, ...others } = end;
    const elapsedMs = Math.round(performance.now() - started);
    const head = { ok, environment: name, dryRun: options.dryRun };
    if (values.json)
      process.stdout.write(`${JSON.stringify({ ...head, ...others, steps: journal.steps, elapsedMs })}\n`);
    else for (const line of closing(options, end)) say(line);
  };
  try {
    const folders = foldersOf(values["work-folder"]);
    const ports = {
      ...{ run, journal, say, secrets, confirm: confirmOnTerminal(), variables: process.env },
      migrationsFolder: MIGRATIONS_FOLDER,
      preflight: () => preflight({ environment, run }),
      // Late: loading the constructs takes a second, which --help and a wrong argument need not wait for.
      build: async () => (await import("./build-and-synth.ts")).buildAll(folders),
      synthesize: async () => (await import("./build-and-synth.ts")).synthesizeEnvironment(environment, folders),
    };
    finish({ ok: true, ...(await deploy(options, ports)) });
  } catch (error) {
    const sentence = sentenceOf(error);
    process.stderr.write(`${sentence}\n`);
    if (values.json) finish({ ok: false, error: sentence });
    process.exitCode = 1;
  } finally {
    await secrets.close();
  }
}

function readCommandLine() {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ json: flag, help: flag, yes: flag, "dry-run": flag, "skip-migrations": flag },
      ...{ "allow-breaking": flag, "allow-destroy": flag },
      ...{ only: { type: "string" }, file: { type: "string" } },
      // For tests that build beside each other.
      "work-folder": { type: "string" },
    },
  });
  if (values.only !== undefined && values.only !== "plan")
    throw new DeployError(`--only takes plan, not "${values.only}".`);
  return { values, positionals };
}

type Values = ReturnType<typeof readCommandLine>["values"];

const optionsOf = (values: Values): Omit<DeploymentOptions, "environment"> => ({
  dryRun: values["dry-run"],
  planOnly: values.only === "plan",
  skipMigrations: values["skip-migrations"],
  allowBreaking: values["allow-breaking"],
  allowDestroy: values["allow-destroy"],
  yes: values.yes,
});

const foldersOf = (work: string | undefined): Folders =>
  work === undefined
    ? { root: ROOT, bundles: "dist/functions", stacks: "cdktf.out", rehearse: true }
    : { root: ROOT, bundles: path.join(work, "functions"), stacks: path.join(work, "cdktf.out"), rehearse: false };

function closing({ dryRun, planOnly, environment }: DeploymentOptions, { outputs = {} }: Partial<Deployed>): string[] {
  if (dryRun) return ["", "Nothing was changed. Without --dry-run these steps are taken in this order."];
  if (planOnly) return ["", "Nothing was changed."];
  return [
    "",
    `${environment.name} is deployed. For the OAuth client: ${outputs["google_redirect_uri"]}`,
    `Check it: npm run ops -- doctor --env ${environment.name}`,
  ];
}

/** The first Ctrl-C ends what runs in good order; more of them change nothing: a half-written state is worse than waiting. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      process.stderr.write(
        controller.signal.aborted ? "Still ending; Terraform unlocks its state.\n" : "Ending what runs.\n",
      );
      controller.abort();
    });
  }
  return controller.signal;
}

const sentenceOf = (error: unknown): string =>
  error instanceof DeployError || error instanceof CommandError
    ? error.message
    : `Unexpected: ${(error as Error).stack ?? String(error)}`;

try {
  await main();
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  if (process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ ok: false, error: sentenceOf(error) })}\n`);
  process.exitCode = 1;
}
