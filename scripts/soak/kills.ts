import { deepStrictEqual } from "node:assert/strict";
import { readMeeting } from "../demo/meeting-file.ts";
import { startStack } from "../local/start-stack.ts";
import { ONE_OF_EACH } from "./final-state.ts";
import { runWithKill } from "./kill-run.ts";

export const name = "kills";
export const describe =
  "20 demos, in each a function process (in every fourth: all of them) is killed with SIGKILL at another moment";

const RUNS = 20;

/** Every run must end in the same row and leave one of each effect; throws at the first that does not. */
export async function run(report: (line: string) => void): Promise<void> {
  const script = await readMeeting(undefined);
  const stack = await startStack();
  try {
    let digest: string | null = null;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { kill, state, elapsedMs } = await runWithKill({ stack, script, seed });
      const who =
        kill === null
          ? "nobody was killed"
          : `${kill.victims.length === 1 ? kill.victims[0] : "every function"} killed at call ${kill.moment} (${kill.operation})`;
      report(`seed ${seed}: ${who}; ${state.status} in ${elapsedMs} ms`);
      digest ??= state.rowDigest;
      deepStrictEqual(state, { rowDigest: digest, ...ONE_OF_EACH }, `seed ${seed}: ${who}`);
    }
  } finally {
    await stack.stop();
  }
}
