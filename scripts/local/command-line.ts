import { type ParseArgsConfig, parseArgs } from "node:util";

/** A command line that cannot be understood, said in one sentence. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Options of this process's command line; `-h` and `--help` are always there. Throws `UsageError`. */
export function readOptions<const Known extends Options>(known: Known, environment: NodeJS.ProcessEnv = process.env) {
  // npm keeps for itself what stands before its own "--".
  const swallowed = Object.keys(known).find((name) => environment[`npm_config_${name}`] !== undefined);
  if (swallowed !== undefined) {
    throw new UsageError(
      `npm took --${swallowed} for itself. Put a "--" before the options: npm run … -- --${swallowed}`,
    );
  }
  try {
    const help = { help: { type: "boolean", short: "h", default: false } } as const;
    return parseArgs({ options: { ...known, ...help } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. --help lists the options.`, { cause: error });
  }
}

/** Runs a command; an error becomes one sentence on stderr and exit code 1. */
export async function runCommand(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
