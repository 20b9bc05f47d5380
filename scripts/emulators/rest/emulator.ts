/** What every emulator has: started by its own `start…` function, then these. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  /** Closes the port and every open connection, and cancels pending timers of the emulator. */
  stop(): Promise<void>;
  /** Forgets state, faults and recorded calls; the port stays. */
  reset(): void;
}

/** Google's time. A scale makes its delays shorter on the laptop; `now()` is never scaled. */
export interface EmulatorClock {
  now(): Date;
  /** Runs `run` once, `ms` of Google's milliseconds from now; returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** setTimeout fires at once beyond this (2^31 - 1 ms, about 24.8 days): longer delays are chained. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock with every delay multiplied by `scale` (1 = real time, 0.02 = fifty times faster). */
export function scaledClock(scale: number): EmulatorClock {
  return {
    now: () => new Date(),
    after(ms, run) {
      let timer: NodeJS.Timeout;
      const wait = (leftMs: number): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
        timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : run()), stepMs);
        // A subscription that expires in days must not keep a finished process alive.
        timer.unref();
      };
      wait(Math.max(0, ms * scale));
      return () => clearTimeout(timer);
    },
  };
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still until `advance`, which runs what became due in order of time. For tests. */
export function manualClock(start: Date): EmulatorClock & { advance(ms: number): void } {
  let nowMs = start.getTime();
  let order = 0;
  const timers = new Set<Timer>();
  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  return {
    now: () => new Date(nowMs),
    after(ms, run) {
      const timer: Timer = { dueMs: nowMs + Math.max(0, ms), order: order++, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.run();
      }
      nowMs = untilMs;
    },
  };
}

/** Who an access token stands for. */
export type Principal =
  | {
      readonly kind: "user";
      /** Google's numeric user id, as text. */
      readonly sub: string;
      readonly email: string;
      /** Full scope URLs. */
      readonly scopes: ReadonlySet<string>;
    }
  | { readonly kind: "service_account"; readonly email: string };

/** Knows access tokens; null for an unknown, expired or revoked one. The OAuth emulator implements it. */
export interface TokenAuthority {
  /** Who a request without a token stands for; absent: nobody. */
  readonly anonymous?: Principal;
  principalOf(accessToken: string): Principal | null;
}
