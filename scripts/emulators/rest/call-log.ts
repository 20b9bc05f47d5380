import type { Principal } from "./emulator.ts";

export interface RecordedCall {
  readonly operation: string;
  /** HTTP status of the answer; 0 when the connection was dropped instead. */
  readonly status: number;
  /** ISO instant of the answer. */
  readonly at: string;
  /** E-mail of the caller, or null. */
  readonly principal: string | null;
}

/** A soak makes millions of calls: counts stay exact, details only for the latest. */
const KEPT_CALLS = 5_000;

/** What was asked of a server, control calls aside. */
export class CallLog {
  #calls: RecordedCall[] = [];
  #counts = new Map<string, number>();
  readonly #observers = new Set<(operation: string) => void>();

  record(call: Omit<RecordedCall, "principal" | "at"> & { at: Date; principal: Principal | null }): void {
    this.#counts.set(call.operation, this.count(call.operation) + 1);
    for (const observer of this.#observers) observer(call.operation);
    this.#calls.push({ ...call, at: call.at.toISOString(), principal: call.principal?.email ?? null });
    if (this.#calls.length > 2 * KEPT_CALLS) this.#calls = this.#calls.slice(-KEPT_CALLS);
  }

  /** Latest calls, oldest first. */
  list(operation?: string): readonly RecordedCall[] {
    return this.#calls.filter((call) => operation === undefined || call.operation === operation);
  }

  count(operation: string): number {
    return this.#counts.get(operation) ?? 0;
  }

  /** Tells about every call as it is answered, also after `clear`; returns how to stop. */
  observe(observer: (operation: string) => void): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  toJSON(): { calls: readonly RecordedCall[]; counts: Record<string, number> } {
    return { calls: this.#calls, counts: Object.fromEntries(this.#counts) };
  }

  clear(): void {
    this.#calls = [];
    this.#counts.clear();
  }
}
