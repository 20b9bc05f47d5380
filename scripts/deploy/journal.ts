import { DeployError } from "./deploy-error.ts";

/** What became of one step. */
export interface StepReport {
  readonly name: string;
  readonly outcome: "done" | "shown" | "skipped" | "failed";
  readonly elapsedMs: number;
  readonly detail: string;
  /** In a dry run: what would be run. */
  readonly commands?: readonly string[];
}

export type StepResult = Omit<StepReport, "name" | "elapsedMs">;

export interface Journal {
  readonly steps: readonly StepReport[];
  /** Names the step, times it, and notes how it ended; an error ends the deployment. */
  step<Result extends StepResult>(name: string, work: () => Promise<Result>): Promise<Result>;
}

export const done = (detail: string) => ({ outcome: "done" as const, detail });
export const skipped = (detail: string) => ({ outcome: "skipped" as const, detail });
export const shown = (detail: string, commands: readonly string[]) => ({ outcome: "shown" as const, detail, commands });

export interface JournalOptions {
  readonly say: (line: string) => void;
  readonly nowMs: () => number;
  /** Ctrl-C: no further step is begun. */
  readonly interrupted: AbortSignal;
}

export function makeJournal({ say, nowMs, interrupted }: JournalOptions): Journal {
  const steps: StepReport[] = [];
  const note = (report: StepReport): void => {
    steps.push(report);
    const seconds = `${(report.elapsedMs / 1000).toFixed(1)} s`;
    say(`${MARKS[report.outcome]} ${report.name}: ${report.detail} (${seconds})`);
    for (const command of report.commands ?? []) say(`      ${command}`);
  };
  return {
    steps,
    async step(name, work) {
      const startedMs = nowMs();
      const elapsedMs = (): number => Math.round(nowMs() - startedMs);
      say(`        … ${name}`);
      try {
        if (interrupted.aborted)
          throw new DeployError("Interrupted. What was done stays; the same command goes on from there.");
        const result = await work();
        const { outcome, detail, commands } = result;
        note({ name, outcome, elapsedMs: elapsedMs(), detail, ...(commands !== undefined && { commands }) });
        return result;
      } catch (error) {
        const [detail = ""] = (error as Error).message.split("\n");
        note({ name, outcome: "failed", elapsedMs: elapsedMs(), detail });
        throw error;
      }
    },
  };
}

const MARKS = { done: "done   ", shown: "shown  ", skipped: "skipped", failed: "FAILED " } as const;
