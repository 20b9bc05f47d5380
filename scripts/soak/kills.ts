import { deepStrictEqual } from "node:assert/strict";
import { ONE_OF_EACH } from "./final-state.ts";
import { runWithKill } from "./kill-run.ts";

export const name = "kills";
export const describe = "20 demos, in each a function process is killed (SIGKILL) at another moment";

const RUNS = 20;

/** Every run must end in the same row and leave one of each effect; throws at the first that does not. */
export async function run(report: (line: string) => void): Promise<void> {
  let digest: string | null = null;
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const { killed, state, elapsedMs } = await runWithKill(seed);
    const { rowDigest, ...counts } = state;
    digest ??= rowDigest;
    const who =
      killed === null ? "nobody was killed" : `${killed.name} killed at call ${killed.moment} (${killed.operation})`;
    report(`seed ${seed}: ${who}; ${state.status} in ${elapsedMs} ms`);
    deepStrictEqual({ rowDigest, ...counts }, { rowDigest: digest, ...ONE_OF_EACH }, `seed ${seed}: ${who}`);
  }
}
