import { type FunctionName, functions } from "../../infra/topology/functions.ts";
import { readMeeting } from "../demo/meeting-file.ts";
import { BookingPlatform } from "../demo/platform.ts";
import { runDemo } from "../demo/run-demo.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { type FinalState, finalStateOf } from "./final-state.ts";
import { seededRandom } from "./seeded-random.ts";

/** Which function's work a call belongs to; other calls kill one drawn by the seed. */
const CALLERS: readonly (readonly [RegExp, FunctionName])[] = [
  [/relay_outbox_batch|use_relay_nonce/, "relay-outbox"],
  [/booking_reconcile|booking_room|booking_lease|^events\.|^spaces\./, "process-booking"],
  [/capture|recording|^files\.|^objects\.|batchRecognize/i, "capture-artifacts"],
  [/analysis|transcript|^documents/i, "analyze-transcript"],
  [/message/, "send-reminders"],
];

/** An undisturbed run makes more calls than this; a moment beyond its last call would kill nothing. */
const MOMENTS = 60;

export interface KillRun {
  readonly seed: number;
  /** The call whose answer was the moment, and who died; null when the run ended before that moment. */
  readonly killed: { readonly moment: number; readonly operation: string; readonly name: FunctionName } | null;
  readonly state: FinalState;
  readonly elapsedMs: number;
}

/** One demo during which one function is killed with SIGKILL at a moment drawn from the seed; a call is a moment. */
export async function runWithKill(seed: number): Promise<KillRun> {
  const random = seededRandom(seed);
  const moment = Math.floor(random() * MOMENTS);
  const stack = await startStack();
  const platform = new BookingPlatform(stack);
  try {
    let killed: KillRun["killed"] = null;
    let calls = 0;
    const stopWatching = stack.google.observeCalls((operation) => {
      if (calls++ !== moment) return;
      const name = victim(operation, random);
      killed = { moment, operation, name };
      stack.functions.get(name)?.kill();
    });
    const { booking, elapsedMs } = await runDemo({ stack, script: await readMeeting(undefined) });
    stopWatching();
    await mailSent(stack);
    return { seed, killed, elapsedMs, state: await finalStateOf(stack, platform, booking) };
  } finally {
    await platform.close();
    await stack.stop();
  }
}

function victim(operation: string, random: () => number): FunctionName {
  const known = CALLERS.find(([pattern]) => pattern.test(operation))?.[1];
  return known ?? functions[Math.floor(random() * functions.length)]?.name ?? "process-booking";
}

/** The confirmation is the one effect that may come after the insights. */
async function mailSent(stack: LocalStack): Promise<void> {
  await stack.google.nextMailTo("customer@example.com");
}
