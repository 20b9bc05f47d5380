import { asked } from "./asked.ts";

export interface AskedQuestion {
  readonly message: string;
  readonly choices?: readonly string[] | undefined;
  readonly proposal: string | undefined;
  /** Null: the answer will do. Else what is wrong with it; the question is asked again. */
  readonly problemOf: (answer: string) => Promise<string | null>;
}

/** Asks a person one question; null where nobody can be asked. */
export type Ask = ((question: AskedQuestion) => Promise<string>) | null;

/** On a terminal; what is asked goes to stderr, stdout belongs to the result. */
export const askOnTerminal = (): Ask => (process.stdin.isTTY ? ask : null);

async function ask({ message, choices, proposal, problemOf }: AskedQuestion): Promise<string> {
  const { input, select } = await import("@inquirer/prompts");
  const context = { output: process.stderr };
  const standard = proposal === undefined ? {} : { default: proposal };
  if (choices !== undefined) return await asked(select({ message, choices: [...choices], ...standard }, context));
  const validate = async (answer: string): Promise<true | string> => (await problemOf(answer.trim())) ?? true;
  return (await asked(input({ message, validate, ...standard }, context))).trim();
}
