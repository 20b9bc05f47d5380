// npm run ops -- COMMAND [--json] [--help]: what operators do with a running pipeline.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { backfill } from "./backfill/backfill.ts";
import { type Command, CommandError, type CommandResult } from "./command.ts";
import { cost } from "./cost.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { init } from "./init.ts";
import { openDatabase } from "./operator-database.ts";
import { makeProgress } from "./progress.ts";
import { readArguments } from "./read-arguments.ts";
import { replay } from "./replay.ts";
import { resync } from "./resync.ts";
import { secrets } from "./secrets.ts";
import { status } from "./status.ts";

const commands: readonly Command[] = [status, explain, doctor, replay, resync, backfill, cost, init, secrets];

const USAGE = `npm run ops -- COMMAND [--json] [--help]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join("\n")}

They ask the project at SUPABASE_URL with SUPABASE_SECRET_KEY, from the environment or from .env (see .env.example);
init and secrets take --env ENV of infra/environments.ts instead. What changes rows is a dry run unless --yes is given. --json prints one object on stdout; progress and errors go
to stderr. Exit code 0: fine. Exit code 1: something is wrong, and a sentence says what.`;

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") return console.log(USAGE);
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new CommandError(`There is no command "${name}".\n\n${USAGE}`);
  const read = readArguments(command, rest);
  if (read.flags.has("help")) return console.log(command.usage);
  loadEnvironmentFile();
  const result = await command.run({
    arguments: read,
    environment: process.env,
    database: () => openDatabase(process.env),
    progress: makeProgress({
      write: (text) => void process.stderr.write(text),
      isTerminal: process.stderr.isTTY,
      nowMs: () => performance.now(),
    }),
    interrupted: interruption(),
  });
  print(result, read.flags.has("json"));
}

function print({ report, lines, ok }: CommandResult, json: boolean): void {
  console.log(json ? JSON.stringify(report) : lines.join("\n"));
  if (!ok) process.exitCode = 1;
}

/** Variables that are already set win over the file. */
function loadEnvironmentFile(): void {
  const file = fileURLToPath(new URL("../../.env", import.meta.url));
  if (existsSync(file)) process.loadEnvFile(file);
}

/** The first Ctrl-C ends the work after the batch under way, the second at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const sentence = error instanceof CommandError ? error.message : `Unexpected: ${(error as Error).stack ?? error}`;
  if (process.argv.includes("--json")) console.log(JSON.stringify({ ok: false, error: sentence }));
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
