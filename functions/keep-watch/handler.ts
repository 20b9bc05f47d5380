import { done, type Outcome } from "#kernel/outcome.ts";
import { asError, RetryableError } from "#kernel/verdicts.ts";
import type { Duty } from "./duty.ts";

export interface KeepWatchDeps {
  readonly duties: readonly Duty[];
  readonly reportFailure: (duty: string, error: Error) => void;
}

/**
 * Runs every duty, none waiting for another: one that fails or hangs keeps nothing else from being repaired.
 * The run as a whole fails when a duty did, so that the scheduler shows it.
 */
export function makeHandler({ duties, reportFailure }: KeepWatchDeps): () => Promise<Outcome> {
  return async () => {
    const results = await Promise.all(duties.map((duty) => attempt(duty, reportFailure)));
    const failed = results.filter(({ repaired }) => repaired === null).map(({ name }) => name);
    if (failed.length > 0) throw new RetryableError(`failed duties: ${failed.join(", ")}`, { code: "duties_failed" });
    return done(results.map(({ name, repaired }) => `${name} ${repaired}`).join(", "));
  };
}

async function attempt(
  duty: Duty,
  reportFailure: KeepWatchDeps["reportFailure"],
): Promise<{ readonly name: string; readonly repaired: number | null }> {
  try {
    return { name: duty.name, repaired: await duty.run() };
  } catch (thrown) {
    reportFailure(duty.name, asError(thrown));
    return { name: duty.name, repaired: null };
  }
}
