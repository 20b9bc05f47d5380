import type { Check, Finding, Verdict } from "./finding.ts";
import { unknown } from "./finding.ts";
import { printable } from "./printable.ts";
import { reasonOf } from "./reason-of.ts";

export interface RunOptions {
  /** Checks under way at once. */
  readonly atOnce: number;
  readonly deadlineMs: number;
  readonly onDone: (done: number, total: number) => void;
}

/** One finding for each check, in their order. A check that throws or does not end in time is `unknown`, with why. */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const waiting = checks.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [index, check] of waiting) {
      findings[index] = finding(check, await verdictOf(check, options.deadlineMs));
      options.onDone(++done, checks.length);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return findings;
}

async function verdictOf(check: Check, deadlineMs: number): Promise<Verdict> {
  const { promise: late, resolve } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(
    () => resolve(unknown(`no answer within ${deadlineMs / 1_000} s`, "Try again; https://status.cloud.google.com")),
    deadlineMs,
  );
  try {
    return await Promise.race([Promise.resolve().then(() => check.run()), late]);
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Texts of Google and of the database go to a terminal: nothing in them may be more than text. */
function finding({ area, name }: Check, { result, detail, mend, command }: Verdict): Finding {
  return {
    ...{ area, check: printable(name), result, detail: printable(detail) },
    ...(mend !== undefined && { mend: printable(mend) }),
    ...(command !== undefined && { command: printable(command) }),
  };
}
