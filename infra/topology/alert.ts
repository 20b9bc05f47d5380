import type { PipelineMeasure } from "#contracts/pipeline-status.ts";
import type { Signal } from "./signals.ts";

/** When something is wrong. */
export interface Condition {
  readonly says: string;
  readonly signal: Signal;
  /** `<` also holds where there is no value at all. */
  readonly is: ">" | ">=" | "<";
  readonly than: number;
  /** A field of the environment that knows better than `than`. */
  readonly unlessSetBy?: "speechMinutesPerDay";
  /** How long it has to stay so before anybody is told; 0 where the signal looks back by itself. */
  readonly forSeconds: number;
}

/** One alert, and what whoever gets the mail does about it. */
export interface Alert {
  /** Also the name of its page: `docs/runbooks/<name>.md`. */
  readonly name: string;
  readonly title: string;
  /** `CRITICAL`: people or all bookings are waiting now. `ERROR`: something is lost, or will be. `WARNING`: today. */
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  /** What it means, in a sentence or two. */
  readonly means: string;
  /** The first command that helps. */
  readonly command: string;
  /** One of them is enough. */
  readonly conditions: readonly Condition[];
}

/** A number of keep-watch's status line is above a threshold. */
export function above(
  measure: PipelineMeasure,
  than: number,
  condition: Partial<Condition> & { says: string },
): Condition {
  return { signal: { kind: "status", measure }, is: ">", than, forSeconds: 0, ...condition };
}
