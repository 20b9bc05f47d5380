import { type FunctionName, functions } from "#topology/functions.ts";
import type { Quantities } from "./bill.ts";

/** How long one call of a function takes and what else it causes; nobody bills this by booking, so it is estimated. */
interface CallModel {
  readonly ms: bigint;
  /** For every minute of the meeting. */
  readonly msPerMinute: bigint;
}

/** Guesses on the safe side: Google's answers and a Drive download, not our own few milliseconds of work. */
const CALLS: Readonly<Record<FunctionName, CallModel>> = {
  "google-auth": { ms: 1_000n, msPerMinute: 0n },
  "relay-outbox": { ms: 300n, msPerMinute: 0n },
  "process-booking": { ms: 3_000n, msPerMinute: 0n },
  "sync-calendar": { ms: 1_000n, msPerMinute: 0n },
  "capture-artifacts": { ms: 5_000n, msPerMinute: 300n },
  "analyze-transcript": { ms: 3_000n, msPerMinute: 300n },
  "send-reminders": { ms: 500n, msPerMinute: 0n },
  "keep-watch": { ms: 2_000n, msPerMinute: 0n },
};

/** Bytes a call sends to addresses outside Google: statements to the database, now and then a mail. */
const SENT_BYTES = 64n * 1_024n;
/** Each published message is paid when it comes in and when it goes out, a thousand bytes at the least. */
const MESSAGE_BYTES = 2_000n;
/** An instance reads its secrets when it starts, and serves some calls before it ends. */
const CALLS_PER_INSTANCE = 10n;
const SECRETS_PER_INSTANCE = 2n;

export interface Work {
  readonly calls: Readonly<Partial<Record<FunctionName, bigint>>>;
  readonly messages: bigint;
  /** Minutes of meeting that capture and analysis go through in all. */
  readonly minutes: bigint;
}

/** What functions and Pub/Sub are billed for doing that work. Each function has one CPU while it answers. */
export function workQuantities({ calls, messages, minutes }: Work): Quantities {
  let [requests, cpuMs, memoryMiBMs] = [0n, 0n, 0n];
  for (const { name, memoryMiB } of functions) {
    const count = calls[name] ?? 0n;
    const model = CALLS[name];
    const ms = count === 0n ? 0n : count * model.ms + minutes * model.msPerMinute;
    requests += count;
    cpuMs += ms;
    memoryMiBMs += ms * BigInt(memoryMiB);
  }
  const estimated = (amount: bigint) => ({ amount, basis: "estimated" as const });
  return {
    function_requests: estimated(requests),
    function_cpu: estimated(cpuMs),
    function_memory: estimated(memoryMiBMs),
    pubsub: estimated(messages * MESSAGE_BYTES),
    secret_accesses: estimated((requests * SECRETS_PER_INSTANCE + CALLS_PER_INSTANCE - 1n) / CALLS_PER_INSTANCE),
    egress: estimated(requests * SENT_BYTES),
  };
}
