/** One thing that keep-watch finds and repairs; it is bounded, and running it twice does no harm. */
export interface Duty {
  /** As the log says it: `renew_subscriptions`. */
  readonly name: string;
  /** How many things it repaired or set going again. */
  run(): Promise<number>;
}
