/** Where the pipeline stands as a whole. */
export interface PipelineStatusStore {
  /** Counts, ages in seconds and amounts, each under its name; no personal data. */
  measures(): Promise<Readonly<Record<string, number>>>;
}
