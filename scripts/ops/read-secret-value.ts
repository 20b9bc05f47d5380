import { text } from "node:stream/consumers";
import { asked } from "./asked.ts";
import { CommandError } from "./command.ts";

/** From a pipe, or typed unseen. Never from an argument: arguments show in the list of processes and in histories. */
export async function readSecretValue(name: string): Promise<string> {
  if (process.stdin.isTTY) {
    const { password } = await import("@inquirer/prompts");
    return await asked(password({ message: `Value of ${name} (not shown)` }, { output: process.stderr }));
  }
  const value = await text(process.stdin);
  if (value === "") throw new CommandError(`The value of ${name} is read from standard input, which was empty.`);
  // What echo and most password managers add.
  return value.replace(/\r?\n$/, "");
}
