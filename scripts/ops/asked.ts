import { CommandError } from "./command.ts";

/** The answer to a prompt; whoever presses Ctrl-C at it reads a sentence, not a stack. */
export async function asked<Answer>(prompt: Promise<Answer>): Promise<Answer> {
  try {
    return await prompt;
  } catch (error) {
    if ((error as Error).name !== "ExitPromptError") throw error;
    throw new CommandError("Nothing was changed.", error);
  }
}
