/** What was refused at an edge; the content itself is not kept, its size and digest are. */
export interface RejectedInput {
  readonly edge: string;
  readonly reason: string;
  readonly body: string;
}

export interface RejectionLog {
  record(input: RejectedInput): Promise<void>;
}
