import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Environment, findEnvironment, parseEnvironments } from "../../infra/environment.ts";
import { type CommandArguments, CommandError } from "./command.ts";

/** The file that describes the installations of this checkout. */
const STANDARD_FILE = fileURLToPath(new URL("../../infra/environments.ts", import.meta.url));

/** `--file`, or the checkout's own. */
export const environmentsFile = ({ values }: Pick<CommandArguments, "values">): string =>
  values["file"] === undefined ? STANDARD_FILE : path.resolve(values["file"]);

/** The environments of the file; a file that is not there has none. Every wrong field is told by name. */
export async function loadEnvironments(file: string): Promise<readonly Environment[]> {
  if (!existsSync(file)) return [];
  const module = (await import(pathToFileURL(file).href)) as { environments?: readonly unknown[] };
  if (!Array.isArray(module.environments)) throw new CommandError(`${file} exports no list called environments.`);
  try {
    return parseEnvironments(module.environments);
  } catch (error) {
    throw new CommandError((error as Error).message, error);
  }
}

/** The environment that `--env` names; the only one there is needs no name. */
export async function chosenEnvironment(args: CommandArguments): Promise<Environment> {
  const environments = await loadEnvironments(environmentsFile(args));
  const name = args.values["env"];
  const [only, ...others] = environments;
  if (name === undefined && only !== undefined && others.length === 0) return only;
  if (name === undefined) {
    const known = environments.map((environment) => environment.name).join(", ");
    throw new CommandError(`Say which environment: --env NAME (there are ${known}).`);
  }
  try {
    return findEnvironment(environments, name);
  } catch (error) {
    throw new CommandError((error as Error).message, error);
  }
}
