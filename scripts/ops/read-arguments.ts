import { parseArgs } from "node:util";
import { type Command, type CommandArguments, CommandError } from "./command.ts";

/** Options that every command takes. */
const COMMON = { json: "flag", help: "flag" } as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The words after a command's name, checked against what it takes. */
export function readArguments(command: Command, args: readonly string[]): CommandArguments {
  const { values, positionals } = parse(command, args);
  const flags = new Set(Object.keys(values).filter((name) => values[name] === true));
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "string"));
  const { min, max } = command.positionals;
  if (!flags.has("help") && (positionals.length < min || positionals.length > max)) {
    const wanted = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`;
    throw new CommandError(
      `${command.name} takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${positionals.length}.\n\n${command.usage}`,
    );
  }
  return { positionals, flags, values: given as Record<string, string> };
}

function parse(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...COMMON }).map(([name, kind]) => [
      name,
      { type: kind === "flag" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${command.usage}`, error);
  }
}

/** An id as it stands in the database; anything else never reaches it. */
export function readUuid(text: string, what: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new CommandError(`"${text}" is not the id of a ${what}: ids look like 0b9ff1f2-7b0e-4d3c-9a55-3d0c6f0f7a11.`);
}

/** The value of an option that is a whole number within bounds, or `fallback` when it was not given. */
export function readCount(
  args: CommandArguments,
  name: string,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  const text = args.values[name];
  if (text === undefined) return fallback;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new CommandError(`--${name} takes a whole number from 1 to ${max}, not "${text}".`);
}

/** True when the command is to change things: `--yes`. A dry run is the default and may be asked for by name. */
export function isApplied({ flags }: CommandArguments): boolean {
  if (flags.has("yes") && flags.has("dry-run")) throw new CommandError("Give --yes or --dry-run, not both.");
  return flags.has("yes");
}
