import type { Signal } from "./signals.ts";

/** One thing on a dashboard. */
export type Tile =
  /** The last value. */
  | { readonly kind: "number"; readonly title: string; readonly signal: Signal }
  | {
      readonly kind: "chart";
      readonly title: string;
      /** Legend -> signal; series that are kept apart by a label are shown under its values instead. */
      readonly series: Readonly<Record<string, Signal>>;
      readonly stacked?: true;
      /** The alert's threshold, drawn across. */
      readonly limit?: number;
      /** A field of the environment that knows better than `limit`. */
      readonly unlessSetBy?: "speechMinutesPerDay";
    }
  /** Incidents of these alerts that are open. */
  | { readonly kind: "incidents"; readonly title: string };

export interface Section {
  readonly title: string;
  readonly subtitle: string;
  readonly tiles: readonly Tile[];
}

export interface Dashboard {
  readonly name: string;
  readonly title: string;
  readonly sections: readonly Section[];
}
