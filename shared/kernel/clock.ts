/** Time as the product sees it; `shared/runtime/system-clock.ts` is the one that reads the machine's. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
