import type { TestDatabase } from "#testing/database.ts";
import type { Command, CommandResult } from "../command.ts";
import { openDatabase } from "../operator-database.ts";
import { readArguments } from "../read-arguments.ts";

/** Runs a command against a test database as an operator with its secret key would. */
export async function runCommand<Report>(
  database: TestDatabase,
  command: Command,
  args: readonly string[] = [],
): Promise<CommandResult & { readonly report: Report }> {
  const { url, secretKey } = await database.api();
  const environment = { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey };
  const result = await command.run({
    arguments: readArguments(command, args),
    environment,
    database: () => openDatabase(environment),
    progress: { say: () => undefined, at: () => undefined },
    interrupted: new AbortController().signal,
  });
  return result as CommandResult & { readonly report: Report };
}
