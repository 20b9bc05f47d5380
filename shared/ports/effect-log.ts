/** One outer side effect, as the ledger keeps it; never text of a meeting, never a secret. */
export interface Effect {
  readonly bookingId?: string;
  readonly recordingId?: string;
  /** The function that caused it. */
  readonly step: string;
  /** `calendar.insert`, `drive.copy`, `speech.start` … */
  readonly effect: string;
  /** The deterministic identity of the thing affected. */
  readonly key: string;
  readonly outcome: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface EffectLog {
  record(effects: readonly Effect[]): Promise<void>;
}
