import { type FunctionName, functions } from "../../infra/topology/functions.ts";
import type { MeetingScript } from "../demo/meeting-file.ts";
import { runDemo } from "../demo/run-demo.ts";
import { seededRandom } from "../emulators/pubsub/seeded-random.ts";
import { BookingPlatform } from "../local/booking-platform.ts";
import type { LocalStack } from "../local/start-stack.ts";
import { type FinalState, finalStateOf } from "./final-state.ts";

/** Which function's work a call belongs to; any other call kills one drawn by the seed. */
const CALLERS: readonly (readonly [RegExp, FunctionName])[] = [
  [/relay_outbox_batch|use_relay_nonce/, "relay-outbox"],
  [/booking_reconcile|booking_room|booking_lease|^events\.|^spaces\./, "process-booking"],
  [/analysis|transcript|insights|^documents|^participant|^entries/i, "analyze-transcript"],
  [/capture|recording|^files\.|^objects\.|batchRecognize/i, "capture-artifacts"],
  [/message/, "send-reminders"],
];

/** Calls of an undisturbed run, the database's included; a moment beyond the last one kills nobody. */
const MOMENTS = 70;

export interface Kill {
  /** The call whose answer was the moment. */
  readonly moment: number;
  readonly operation: string;
  readonly victims: readonly FunctionName[];
}

export interface KillRun {
  /** Null when the run was over before its moment came. */
  readonly kill: Kill | null;
  readonly state: FinalState;
  readonly elapsedMs: number;
}

export interface KillRunOptions {
  readonly stack: LocalStack;
  readonly script: MeetingScript;
  readonly seed: number;
}

/** In every fourth run all functions die at once, as when a region does. */
const EVERYBODY_DIES = 4;

/** One demo during which functions are killed with SIGKILL at a moment drawn from the seed: the answer to a call. */
export async function runWithKill({ stack, script, seed }: KillRunOptions): Promise<KillRun> {
  const random = seededRandom(seed);
  const moment = Math.floor(random() * MOMENTS);
  let kill: Kill | null = null;
  let calls = 0;
  const stopWatching = observeCalls(stack, (operation) => {
    if (calls++ !== moment) return;
    const victims = seed % EVERYBODY_DIES === 0 ? functions.map(({ name }) => name) : [victimOf(operation, random)];
    kill = { moment, operation, victims };
    for (const name of victims) stack.functions.get(name)?.kill();
  });
  const platform = new BookingPlatform(stack);
  try {
    const { booking, elapsedMs } = await runDemo({ stack, script });
    // The confirmation is the one effect that may come after the insights.
    await stack.google.nextMailTo(String(booking["customer_email"]));
    return { kill, elapsedMs, state: await finalStateOf(stack, platform, booking) };
  } finally {
    stopWatching();
    await platform.close();
  }
}

function victimOf(operation: string, random: () => number): FunctionName {
  const known = CALLERS.find(([pattern]) => pattern.test(operation))?.[1];
  return known ?? functions[Math.floor(random() * functions.length)]?.name ?? "process-booking";
}

/** Every call to Google and to the database, as it is answered. */
function observeCalls(stack: LocalStack, observer: (operation: string) => void): () => void {
  const stops = [stack.google.observeCalls(observer), stack.supabase.gateway.calls.observe(observer)];
  return () => {
    for (const stop of stops) stop();
  };
}
