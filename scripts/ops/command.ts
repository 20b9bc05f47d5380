import type { Supabase } from "#supabase/client.ts";
import type { Progress } from "./progress.ts";

/** What a command found or did. */
export interface CommandResult {
  /** One JSON object: what `--json` prints. */
  readonly report: object;
  /** The same for a person. */
  readonly lines: readonly string[];
  /** False: something is wrong, and the exit code says so. */
  readonly ok: boolean;
}

export interface CommandInput {
  readonly arguments: CommandArguments;
  /** Raw, for `doctor`, which looks at the environment itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Throws an error that names what is missing in the environment. */
  readonly database: () => Supabase;
  readonly progress: Progress;
  /** Raised by Ctrl-C: the batch under way is finished, no further one is begun. */
  readonly interrupted: AbortSignal;
}

export interface CommandArguments {
  readonly positionals: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Options with a value. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  readonly options: Readonly<Record<string, "flag" | "value">>;
  /** How many words may follow the name. */
  readonly positionals: { readonly min: number; readonly max: number };
  run(input: CommandInput): Promise<CommandResult>;
}

/** A sentence for the operator that says what to do; no stack is shown for it. */
export class CommandError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CommandError";
  }
}
