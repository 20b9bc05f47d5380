import type { CommandLine, Ended, RunProcess } from "../run-process.ts";

export interface RecordedProcess {
  readonly run: RunProcess;
  /** `terraform test plan`, `supabase preview`: what ran, in order. */
  readonly ran: readonly string[];
  readonly lines: readonly CommandLine[];
  /** What the next calls of a name answer; code 0 and no text where nothing was said. */
  answers(name: string, ended: Partial<Ended>): void;
}

/** Stands for terraform and the Supabase CLI, whose clouds no test may reach; everything else of a deployment is real. */
export function recordedProcess(): RecordedProcess {
  const lines: CommandLine[] = [];
  const scripted = new Map<string, Partial<Ended>>();
  return {
    lines,
    get ran() {
      return lines.map(nameOf);
    },
    answers: (name, ended) => void scripted.set(name, ended),
    run: async (line) => {
      lines.push(line);
      return { code: 0, stdout: "{}", stderr: "", ...scripted.get(nameOf(line)) };
    },
  };
}

function nameOf({ command, args }: CommandLine): string {
  if (args.some((arg) => arg.endsWith("supabase.js"))) return args.includes("--dry-run") ? "db preview" : "db push";
  const stack = args[0]?.split("/").at(-1) ?? "";
  return `${command} ${stack} ${args[1]}`;
}
