import { confirm, input } from "@inquirer/prompts";
import { asked } from "../ops/asked.ts";
import { DeployError } from "./deploy-error.ts";
import { inWords, type PlanSummary } from "./plan-summary.ts";

/** Asks whoever sits at the terminal. */
export interface Confirm {
  yes(message: string): Promise<boolean>;
  typed(message: string): Promise<string>;
}

/** Null where there is no terminal. What is asked goes to stderr. */
export function confirmOnTerminal(): Confirm | null {
  if (!process.stdin.isTTY) return null;
  const context = { output: process.stderr };
  return {
    yes: (message) => asked(confirm({ message, default: false }, context)),
    typed: (message) => asked(input({ message }, context)),
  };
}

export interface Confirmation {
  readonly environment: { readonly name: string };
  readonly what: string;
  readonly plan: PlanSummary;
  readonly migrations?: number;
  readonly yes: boolean;
  readonly allowDestroy: boolean;
}

/** Returns when the change is wanted; data that would be lost must be wanted by name. */
export async function confirmPlan(wanted: Confirmation, ask: Confirm | null): Promise<void> {
  await confirmLoss(wanted, ask);
  if (wanted.yes) return;
  if (ask === null)
    throw new DeployError("Nothing was changed: there is no terminal to ask. --yes applies without asking.");
  const migrations = wanted.migrations ? `${wanted.migrations} migrations, then ` : "";
  if (await ask.yes(`Apply to ${wanted.what}: ${migrations}${inWords(wanted.plan)}?`)) return;
  throw new DeployError("Nothing was changed.");
}

async function confirmLoss({ plan, allowDestroy, yes, environment }: Confirmation, ask: Confirm | null): Promise<void> {
  const { losing } = plan;
  if (losing.length === 0 || allowDestroy) return;
  const list = losing.map((address) => `  ${address}`).join("\n");
  if (ask === null || yes) {
    throw new DeployError(`Nothing was changed: what these hold would be lost. --allow-destroy does it.\n${list}`);
  }
  const answer = await ask.typed(`What these hold would be lost:\n${list}\nType ${environment.name} to go on:`);
  if (answer !== environment.name) throw new DeployError("Nothing was changed.");
}
